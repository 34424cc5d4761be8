//! The registry, an entry or the memory of an endpoint cannot be read.

use super::reason::{Kind, Reason};
use super::scene::Scene;
use std::error::Error;

pub(super) fn find(scene: &Scene<'_>) -> Vec<Reason> {
    let refused = scene.refused.iter().map(|error| {
        let text = match error.source() {
            // The topic is named already.
            Some(reason) => reason.to_string(),
            None => error.to_string(),
        };
        reason(
            format!("The topic cannot be read: {text}."),
            "Use the domain of the user whose processes publish, as that user; `slotcast doctor` checks the domain.",
        )
    });
    let unusable = scene.unusable.iter().map(|error| {
        reason(
            format!("An endpoint cannot be read: {error}."),
            "Update the older side, or end the process that wrote it; `slotcast clean` removes it once that has ended.",
        )
    });
    let unreadable = scene.unreadable.iter().map(|(name, error)| {
        reason(
            format!("The memory of the {name} cannot be read: {error}."),
            "Subscribers cannot read it either, unless they run with other rights; `slotcast doctor` checks the machine.",
        )
    });
    refused.chain(unusable).chain(unreadable).collect()
}

fn reason(text: String, remedy: &str) -> Reason {
    Reason { kind: Kind::Permission, text, remedy: remedy.to_owned(), endpoints: Vec::new() }
}
