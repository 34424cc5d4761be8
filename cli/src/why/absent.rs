//! There is no publisher.

use super::reason::{Kind, Named, Reason};
use super::scene::Scene;
use crate::near;
use slotcast::TopicName;
use slotcast::registry::Role;

pub(super) fn find(scene: &Scene<'_>) -> Vec<Reason> {
    let may_have_one = scene.refused.is_some() || !scene.unreadable.is_empty() || !scene.unusable.is_empty();
    let has_died = scene.dead.iter().any(|peer| peer.role == Role::Publisher);
    if !scene.publishers.is_empty() || may_have_one || has_died {
        return Vec::new();
    }
    let existing = scene.context.observer().topics().unwrap_or_default();
    let others = existing.iter().filter(|topic| *topic != scene.topic).map(TopicName::as_str);
    let similar = near::nearest(scene.topic.as_str(), others);
    let waiting = match scene.subscribers.len() {
        0 => String::new(),
        1 => "; 1 subscriber waits for one".to_owned(),
        count => format!("; {count} subscribers wait for one"),
    };
    let start = "Start its publisher; `slotcast list` shows which topics there are.";
    vec![Reason {
        kind: Kind::NoPublisher,
        text: format!(
            "No publisher is on topic \"{}\" in {}{waiting}.",
            scene.topic,
            scene.context.domain.path().display()
        ),
        remedy: match similar.as_slice() {
            [] => start.to_owned(),
            names => format!("Did you mean {}? {start}", near::alternatives(names)),
        },
        endpoints: scene.subscribers.iter().map(|subscriber| Named::from(&subscriber.peer().name)).collect(),
    }]
}
