//! Removing what dead endpoints left in a topic's directory: the next endpoint that enters does it,
//! before it creates memory of its own, because no daemon does.

use super::memory::LIFE;
use super::{entry, names};
use crate::sys::file;
use crate::sys::lock::{self, Hold};
use std::collections::HashSet;
use std::os::fd::OwnedFd;

/// What a sweep of a topic has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Swept {
    /// Whether a live endpoint is in another PID namespace, where memory cannot be handed over by
    /// process numbers.
    pub(super) has_foreign_processes: bool,
}

/// Removes the files of dead endpoints from a topic's directory. What cannot be inspected or
/// removed is left to the endpoint that removes the topic.
pub(super) fn sweep_topic(directory: &OwnedFd) -> Swept {
    let mut swept = Swept::default();
    let Ok(names) = file::names(directory) else { return swept };
    let mut owners: HashSet<&str> = HashSet::new();
    for name in &names {
        let Some(owner) = names::owner_of_entry(name) else { continue };
        match entry::probe(directory, name) {
            Ok(entry::Probe::Dead) => {
                let _ = entry::remove(directory, name);
            }
            Ok(entry::Probe::Alive { is_foreign }) => {
                swept.has_foreign_processes |= is_foreign;
                owners.insert(owner);
            }
            Ok(entry::Probe::Absent) | Err(_) => {
                owners.insert(owner);
            }
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
    swept
}

/// Removes a memory file whose owner died before it had an entry. One whose owner lives is locked.
fn remove_orphan(directory: &OwnedFd, name: &str) {
    if let Ok(Some(file)) = file::open(directory, name)
        && let Ok(false) = lock::is_held_against(&file, LIFE, Hold::Shared)
    {
        let _ = file::unlink(directory, name);
    }
}
