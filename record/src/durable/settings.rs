//! What a log keeps.

use slotcast::{Domain, TopicName};
use std::fmt;

/// Sets up a [`DurableLog`](super::DurableLog); see [`DurableLog::builder`](super::DurableLog::builder).
#[derive(Default)]
pub struct DurableLogBuilder {
    pub(super) domain: Domain,
    pub(super) wanted: Vec<Wanted>,
    pub(super) lossless: bool,
}

type Wanted = Box<dyn Fn(&TopicName) -> bool + Send>;

impl DurableLogBuilder {
    /// Sets the domain. By default that of all programs of this user.
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.domain = domain.clone();
        self
    }

    /// Keeps all topics, also those that appear later.
    pub fn all(self) -> Self {
        self.topics(|_| true)
    }

    /// Keeps the topics for which `wanted` returns `true`, also those that appear later.
    pub fn topics(mut self, wanted: impl Fn(&TopicName) -> bool + Send + 'static) -> Self {
        self.wanted.push(Box::new(wanted));
        self
    }

    /// Makes lossless publishers wait for the log, so that nothing is missing in it. By default off: no
    /// publisher waits for it, and what it loses is counted.
    pub fn lossless(mut self) -> Self {
        self.lossless = true;
        self
    }
}

impl fmt::Debug for DurableLogBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableLogBuilder").field("domain", &self.domain).finish_non_exhaustive()
    }
}
