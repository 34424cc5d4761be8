//! Subscribers hold the memory of a publisher, which has none left for the next message.

use super::reason::{Kind, Named, Reason};
use super::scene::Scene;
use slotcast::registry::PeerName;

pub(super) fn find(scene: &Scene<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for watched in scene.publishers.iter().filter(|watched| watched.messages() == 0) {
        let publisher = watched.publisher.peer();
        let holders = scene.subscribers.iter().filter(|it| it.peer().hash == publisher.hash && it.held() > 0);
        let holders: Vec<(&PeerName, usize)> = holders.map(|it| (&it.peer().name, it.held())).collect();
        if holders.is_empty() {
            continue;
        }
        let list: Vec<String> =
            holders.iter().map(|(name, held)| format!("{held} by the subscriber ({name})")).collect();
        let memory = scene.observed.as_ref().and_then(|topic| topic.memory(publisher).ok());
        let (verb, memory) = match memory {
            // All that it may use was used; the header and the ring are the rest.
            Some(memory) if memory.allocated >= memory.reserved / 10 * 9 => {
                ("can have", format!(": all of its {} KiB were in use", memory.reserved >> 10))
            }
            _ => ("may have", String::new()),
        };
        let names = std::iter::once(&publisher.name).chain(holders.iter().map(|(name, _)| *name));
        reasons.push(Reason {
            kind: Kind::Pool,
            text: format!(
                "The publisher ({}) {verb} no memory for another message{memory}. Samples are held: {}.",
                publisher.name,
                list.join(", ")
            ),
            remedy: "Drop samples when they are done with, or raise `max_memory` of the publisher.".to_owned(),
            endpoints: names.map(Named::from).collect(),
        });
    }
    reasons
}
