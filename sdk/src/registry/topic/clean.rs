//! How a domain is cleaned of what dead processes have left: by request, and by each endpoint that
//! enters a topic.

use super::{Patience, TopicDirectory, byte};
use crate::registry::{Domain, RegistryError, Role, TopicName, directory, kept, names, sweep};
use crate::sys::lock::{self, Hold};
use crate::sys::{file, process};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

/// How many other topics an endpoint that enters a topic checks.
const OTHER_TOPICS: usize = 2;

impl TopicDirectory {
    /// Enters the directory of a topic, and creates it if it does not exist.
    ///
    /// # Errors
    /// When the directory cannot be created, opened or trusted, or is being removed by a process
    /// that is stopped.
    pub fn enter(domain: &Domain, name: &TopicName) -> Result<Self, RegistryError> {
        let enter = || Self::enter_quietly(domain, name, Patience::Long);
        let topic = match enter() {
            Err(error) if error.is_out_of_space() && domain.clean().is_ok() => enter(),
            entered => entered,
        }?;
        if let Ok(Some(parent)) = domain.open_existing() {
            sweep_some_topics(domain, &parent, name);
        }
        Ok(topic)
    }

    /// Enters the topic once more after it was removed from outside. Short of patience, it leaves
    /// the domain's other topics alone.
    pub(crate) fn enter_again(&self, patience: Patience) -> Result<Self, RegistryError> {
        match patience {
            Patience::Long => Self::enter(&self.domain, &self.name),
            Patience::Short => Self::enter_quietly(&self.domain, &self.name, patience),
        }
    }
}

impl Domain {
    /// Removes what dead processes have left in this domain: entries, memory files, and topics
    /// without a live endpoint. It touches nothing that belongs to a live process. Endpoints do
    /// the same little by little: each for the topic that it enters, and for a few others.
    ///
    /// # Errors
    /// When the domain exists and cannot be read or trusted, or one of its files cannot be removed.
    pub fn clean(&self) -> Result<(), RegistryError> {
        self.topics()?.iter().try_for_each(|topic| self.clean_topic(topic))
    }

    /// Removes what dead processes have left in one topic; see [`clean`](Self::clean). A topic that
    /// does not exist is clean.
    ///
    /// # Errors
    /// As `clean`.
    pub fn clean_topic(&self, topic: &TopicName) -> Result<(), RegistryError> {
        let Some(parent) = self.open_existing()? else { return Ok(()) };
        let directory = names::directory(topic);
        if directory::open_existing_at(&parent, &directory, &self.path().join(&directory))?.is_none() {
            return Ok(());
        }
        // Entering removes files without an owner, opening removes entries of the dead, and leaving
        // last removes the rest.
        let topic = TopicDirectory::enter_quietly(self, topic, Patience::Long)?;
        for role in [Role::Publisher, Role::Subscriber] {
            for name in topic.names(role)? {
                topic.open(&name)?;
            }
        }
        Ok(())
    }

    /// Returns what [`clean`](Self::clean) would remove now, sorted by topic: the directory of a
    /// topic without a live endpoint, otherwise the files in it that dead processes have left.
    /// Removes and creates nothing. Some system calls for each topic and each entry.
    ///
    /// # Errors
    /// When the domain exists and cannot be read or trusted.
    ///
    /// # Examples
    ///
    /// ```
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let publisher = slotcast::Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// assert!(domain.leftovers_of_the_dead()?.is_empty()); // it lives
    /// # drop(publisher);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn leftovers_of_the_dead(&self) -> Result<Vec<PathBuf>, RegistryError> {
        let Some(parent) = self.open_existing()? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for name in self.topics()?.iter().map(names::directory) {
            let path = self.path().join(&name);
            if is_abandoned(self, &parent, &name) {
                // One that was removed meanwhile counts as abandoned, too.
                found.extend(path.exists().then_some(path));
            } else if let Some(directory) = directory::open_existing_at(&parent, &name, &path)? {
                let dead = sweep::leftovers(&directory).map_err(RegistryError::io("list", &path))?;
                found.extend(dead.iter().map(|name| path.join(name)));
            }
        }
        Ok(found)
    }
}

/// Removes some of the domain's other topics, chosen at random, if no endpoint lives in them. So
/// topics to which no endpoint returns do not pile up.
fn sweep_some_topics(domain: &Domain, parent: &OwnedFd, but: &TopicName) {
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
            drop(TopicDirectory::enter_quietly(domain, &topic, Patience::Long));
        }
    }
}

/// Returns whether no endpoint lives in the topic of a directory, and no value is kept there. A few
/// system calls.
fn is_abandoned(domain: &Domain, parent: &OwnedFd, name: &str) -> bool {
    let Ok(Some(directory)) = directory::open_existing_at(parent, name, &domain.path().join(name)) else {
        return false;
    };
    if kept::is_any(&directory) {
        return false;
    }
    match file::open_writable(&directory, names::TOPIC) {
        Ok(Some(file)) => lock::is_held_against(&file, byte::LIFE, Hold::Alone).is_ok_and(|is_held| !is_held),
        Ok(None) => true, // an endpoint is creating or removing the topic, or died while it did
        Err(_) => false,
    }
}
