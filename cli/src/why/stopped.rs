//! The process of an endpoint is stopped.

use super::reason::{Kind, Named, Reason};
use super::scene::Scene;
use slotcast::ProcessState;

pub(super) fn find(scene: &Scene<'_>) -> Vec<Reason> {
    let publishers = scene.publishers.iter().map(|watched| (watched.publisher.peer(), watched.publisher.state()));
    let subscribers = scene.subscribers.iter().map(|subscriber| (subscriber.peer(), subscriber.state()));
    let stopped = publishers.chain(subscribers).filter(|(_, state)| *state == Some(ProcessState::Stopped));
    stopped
        .map(|(peer, _)| Reason {
            kind: Kind::Stopped,
            text: format!(
                "The {} ({}) is stopped: by a signal, a debugger, or a frozen container.",
                peer.role, peer.name
            ),
            remedy: format!("Continue it with `kill -CONT {0}`, or end it with `kill -KILL {0}`.", peer.name.pid),
            endpoints: vec![Named::from(&peer.name)],
        })
        .collect()
}
