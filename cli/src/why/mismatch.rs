//! Two sides have different layouts: they do not connect.

use super::reason::{Kind, Named, Reason};
use super::scene::Scene;
use crate::schemas;

pub(super) fn find(scene: &Scene<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for publisher in scene.publishers.iter().map(|watched| watched.publisher.peer()) {
        for subscriber in scene.subscribers.iter().map(slotcast::observer::ObservedSubscriber::peer) {
            // Comparing fields takes long where there are many endpoints; most agree.
            if publisher.hash == subscriber.hash {
                continue;
            }
            let sides = ["the publisher has", "the subscriber expects"];
            let differences = schemas::differences(&publisher.schema, &subscriber.schema, sides);
            let Some((first, others)) = differences.split_first() else { continue };
            let more = match others.len() {
                0 => String::new(),
                more => format!(" (and {more} more differences)"),
            };
            reasons.push(Reason {
                kind: Kind::Mismatch,
                text: format!(
                    "The publisher ({}) and the subscriber ({}) have different layouts: {}{more}.",
                    publisher.name, subscriber.name, first.text
                ),
                remedy:
                    "Build both with the same message type, and restart them; `slotcast schema check` finds this in CI."
                        .to_owned(),
                endpoints: vec![Named::from(&publisher.name), Named::from(&subscriber.name)],
            });
        }
    }
    reasons
}
