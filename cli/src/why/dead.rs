//! The process of a publisher has died.

use super::reason::{Kind, Named, Reason};
use super::scene::Scene;
use crate::output;
use slotcast::registry::Role;

pub(super) fn find(scene: &Scene<'_>) -> Vec<Reason> {
    let dead = scene.dead.iter().filter(|peer| peer.role == Role::Publisher);
    dead.map(|peer| {
        let published = scene.observed.as_ref().and_then(|topic| topic.published(peer).ok());
        let published =
            published.map_or_else(String::new, |count| format!(" after {}", output::count_u64(count, "message")));
        Reason {
            kind: Kind::Dead,
            text: format!("The publisher ({}) has died{published}.", peer.name),
            remedy:
                "Start it again. `slotcast clean` removes what it has left; so does the next endpoint of the topic."
                    .to_owned(),
            endpoints: vec![Named::from(&peer.name)],
        }
    })
    .collect()
}
