//! Removing what the dead left behind: the next endpoint to come does it, as no daemon does.
//!
//! An endpoint that enters a topic removes what dead endpoints of both roles left there, before it creates memory of its own. It also
//! checks a few other topics of the domain, chosen at random: so topics to which nobody returns do not pile up.

use super::memory::LIFE;
use super::{Domain, TopicDirectory, TopicName, directory, entry, names};
use crate::sys::lock::{self, Hold};
use crate::sys::{file, process};
use std::collections::HashSet;
use std::os::fd::OwnedFd;

/// How many other topics an endpoint that enters a topic checks.
const OTHER_TOPICS: usize = 2;

/// What a sweep of a topic has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Swept {
    /// Whether a live endpoint is in another PID namespace, where memory cannot be handed over by process numbers.
    pub(super) has_foreign_processes: bool,
}

/// Removes the files of dead endpoints from a topic's directory. What cannot be inspected or removed is left to the endpoint that
/// removes the topic.
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
            // Its owner's entry was linked before: one that is not listed, and is not there now, is gone.
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

/// Removes some of the domain's other topics in which nobody lives.
pub(super) fn sweep_some_topics(domain: &Domain, parent: &OwnedFd, but: &TopicName) {
    let but = names::directory(but);
    let Ok(mut others) = file::names(parent) else { return };
    others.retain(|name| *name != but && names::topic_of(name).is_some());
    let Ok(random) = process::random_word() else { return };
    for index in 0..OTHER_TOPICS.min(others.len()) {
        #[expect(clippy::cast_possible_truncation, reason = "any number will do")]
        let name = &others[(random as usize).wrapping_add(index) % others.len()];
        if let Some(topic) = names::topic_of(name)
            && is_abandoned(domain, parent, name)
        {
            // The last one to leave a topic removes it.
            drop(TopicDirectory::enter_quietly(domain, &topic));
        }
    }
}

/// Returns whether nobody lives in the topic of a directory. A few system calls.
fn is_abandoned(domain: &Domain, parent: &OwnedFd, name: &str) -> bool {
    let Ok(Some(directory)) = directory::open_existing_at(parent, name, &domain.path().join(name)) else {
        return false;
    };
    match file::open_writable(&directory, names::TOPIC) {
        Ok(Some(file)) => lock::is_held_against(&file, LIFE, Hold::Alone).is_ok_and(|is_held| !is_held),
        Ok(None) => true, // its owner died while it created or removed the topic; or it is just doing so
        Err(_) => false,
    }
}
