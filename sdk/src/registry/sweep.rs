//! Removing what dead endpoints left in a topic's directory: the next endpoint that enters does it,
//! before it creates memory of its own, because no daemon does.

use super::memory::LIFE;
use super::{entry, names};
use crate::sys::lock::{self, Hold};
use crate::sys::{file, process};
use std::collections::HashSet;
use std::os::fd::OwnedFd;

/// The most entries that one sweep probes. If a topic has more, it begins at a random one: then each
/// sweep removes its share of the dead, and entering a topic with many endpoints stays cheap.
const MOST_PROBED: usize = 64;

/// Removes the files of dead endpoints from a topic's directory. What cannot be inspected or
/// removed is left to the endpoint that removes the topic.
pub(super) fn sweep_topic(directory: &OwnedFd) {
    let Ok(names) = file::names(directory) else { return };
    let entries: Vec<&String> = names.iter().filter(|name| names::owner_of_entry(name).is_some()).collect();
    let mut owners: HashSet<&str> = entries.iter().filter_map(|name| names::owner_of_entry(name)).collect();
    let first = if entries.len() > MOST_PROBED { process::random_word().unwrap_or(0) } else { 0 };
    for index in 0..entries.len().min(MOST_PROBED) {
        #[expect(clippy::cast_possible_truncation, reason = "any number will do")]
        let name = entries[(first as usize).wrapping_add(index) % entries.len()];
        if entry::is_dead(directory, name).unwrap_or(false) {
            let _ = entry::remove(directory, name);
            names::owner_of_entry(name).map(|owner| owners.remove(owner));
        }
    }
    for name in &names {
        if names::owner_of_memory(name).is_some_and(|owner| !owners.contains(owner)) {
            remove_orphan(directory, name);
        }
        if let Some(owner) = names::owner_of_wake_socket(name).filter(|owner| !owners.contains(owner)) {
            // Its owner's entry was linked before it. So if no entry was listed, and none is there
            // now, the owner is gone.
            let is_there = |entry: &String| file::status_at(directory, entry).is_ok_and(|status| status.is_some());
            if !names::entries_of(owner).iter().any(is_there) {
                let _ = file::unlink(directory, name);
            }
        }
    }
}

/// Removes a memory file whose owner died before it had an entry. One whose owner lives is locked.
fn remove_orphan(directory: &OwnedFd, name: &str) {
    if let Ok(Some(file)) = file::open(directory, name)
        && let Ok(false) = lock::is_held_against(&file, LIFE, Hold::Shared)
    {
        let _ = file::unlink(directory, name);
    }
}
