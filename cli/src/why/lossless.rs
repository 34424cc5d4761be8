//! A lossless publisher waits for a subscriber that does not read.

use super::reason::{Kind, Named, Reason};
use super::scene::{Scene, Watched};
use slotcast::observer::ObservedSubscriber;

pub(super) fn find(scene: &Scene<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let waiting = |watched: &&Watched| watched.publisher.peer().qos.lossless && watched.messages() == 0;
    for publisher in scene.publishers.iter().filter(waiting).map(|watched| &watched.publisher) {
        let (published, depth) = (publisher.published(), publisher.depth());
        for subscriber in scene.subscribers.iter().filter(|subscriber| may_hold_up(subscriber, publisher.peer().hash)) {
            let unread = match subscriber.progress_with(publisher.peer().id) {
                Some(progress) if published.saturating_sub(progress.cursor) >= depth => {
                    format!("has {} messages to read", published - progress.cursor)
                }
                // It has not begun to read, but is promised everything from when it joined.
                None if published >= depth => "has not begun to read".to_owned(),
                _ => continue,
            };
            let (publisher, name) = (publisher.peer(), &subscriber.peer().name);
            reasons.push(Reason {
                kind: Kind::Lossless,
                text: format!(
                    "The lossless publisher ({}) waits for the subscriber ({name}), which {unread}: the ring has {depth}.",
                    publisher.name
                ),
                remedy: "Make that subscriber read, or end it; where it may not hold the publisher up, give the publisher \
                         `LaggardPolicy::Detach`, or a larger depth."
                    .to_owned(),
                endpoints: [&publisher.name, name].map(Named::from).to_vec(),
            });
        }
    }
    reasons
}

fn may_hold_up(subscriber: &ObservedSubscriber, hash: slotcast::schema::SchemaHash) -> bool {
    subscriber.peer().qos.lossless && subscriber.peer().hash == hash
}
