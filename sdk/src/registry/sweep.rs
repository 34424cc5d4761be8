//! Removing what dead endpoints left in a topic's directory: the next endpoint that enters does it,
//! before it creates memory of its own, because no daemon does.

use super::memory::LIFE;
use super::{entry, names};
use crate::sys::lock::{self, Hold};
use crate::sys::{file, process};
use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;

/// The most entries that one sweep probes. If a topic has more, it begins at a random one: then
/// each sweep removes its share of the dead, and entering a topic with many endpoints stays cheap.
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
        if names::owner_of_wake_socket(name).is_some_and(|owner| !owners.contains(owner) && is_gone(directory, owner)) {
            let _ = file::unlink(directory, name);
        }
    }
}

/// Returns the files of dead endpoints in a topic's directory, sorted. Removes nothing.
pub(super) fn leftovers(directory: &OwnedFd) -> io::Result<Vec<String>> {
    let mut names = file::names(directory)?;
    let is_dead =
        |name: &&String| names::owner_of_entry(name).is_some() && entry::is_dead(directory, name).unwrap_or(false);
    let dead: HashSet<String> = names.iter().filter(is_dead).cloned().collect();
    let has_entry =
        |owner: &str| names::entries_of(owner).iter().any(|entry| names.contains(entry) && !dead.contains(entry));
    let left: HashSet<String> = names
        .iter()
        .filter(|name| {
            let is_orphan = |owner: &str| !has_entry(owner) && is_orphan(directory, name);
            let is_unowned = |owner: &str| !has_entry(owner) && (was_of(&dead, owner) || is_gone(directory, owner));
            dead.contains(*name)
                || names::owner_of_memory(name).is_some_and(is_orphan)
                || names::owner_of_wake_socket(name).is_some_and(is_unowned)
        })
        .cloned()
        .collect();
    names.retain(|name| left.contains(name));
    names.sort_unstable();
    Ok(names)
}

/// Returns whether one of the dead entries is that of an owner.
fn was_of(dead: &HashSet<String>, owner: &str) -> bool {
    names::entries_of(owner).iter().any(|entry| dead.contains(entry))
}

/// Returns whether the owner of a wake socket is gone, whose entry was not listed. The entry was
/// linked before the socket. So if none is there now, it is.
fn is_gone(directory: &OwnedFd, owner: &str) -> bool {
    let is_there = |entry: &String| file::status_at(directory, entry).is_ok_and(|status| status.is_some());
    !names::entries_of(owner).iter().any(is_there)
}

/// Removes a memory file whose owner died before it had an entry.
fn remove_orphan(directory: &OwnedFd, name: &str) {
    if is_orphan(directory, name) {
        let _ = file::unlink(directory, name);
    }
}

/// Returns whether the owner of a memory file is dead: one that lives has locked it.
fn is_orphan(directory: &OwnedFd, name: &str) -> bool {
    let Ok(Some(file)) = file::open(directory, name) else { return false };
    matches!(lock::is_held_against(&file, LIFE, Hold::Shared), Ok(false))
}
