//! A publisher that waits for its place: a hot standby.

use super::agreement::become_publisher;
use crate::endpoint::{CreateError, Mismatch, Side};
use crate::registry::{Patience, RegistryError, Role, TopicDirectory, Vacancy};
use crate::schema::Schema;
use crate::sys::lock::Hold;
use std::time::{Duration, Instant};

/// How long a publisher waits while another one excludes it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Standby {
    /// It is refused at once.
    Never,
    /// It is refused at this time.
    Until(Instant),
    ForEver,
}

impl Standby {
    /// Begins to wait. `None` is not to wait.
    pub(crate) fn begin(timeout: Option<Duration>) -> Self {
        match timeout.map(|timeout| Instant::now().checked_add(timeout)) {
            None => Self::Never,
            Some(Some(deadline)) => Self::Until(deadline),
            Some(None) => Self::ForEver,
        }
    }

    /// Returns whether it still waits, so that it follows a topic that was removed from outside.
    pub(crate) fn is_on(self) -> bool {
        match self {
            Self::Never => false,
            Self::Until(deadline) => Instant::now() < deadline,
            Self::ForEver => true,
        }
    }

    /// Makes this endpoint a publisher of the topic, as soon as no other one excludes it.
    pub(super) fn become_publisher(
        self,
        topic: &TopicDirectory,
        ours: &Schema,
        exclusive: bool,
    ) -> Result<(), CreateError> {
        loop {
            let refused = match become_publisher(topic, ours, exclusive, Patience::Long) {
                Err(refused @ CreateError::Exclusive { .. }) => refused,
                other => return other,
            };
            if self.wait(topic, ours, exclusive)? != Vacancy::Free {
                return Err(refused);
            }
        }
    }

    /// Waits until nobody excludes this publisher. Waits for no publisher whose messages have
    /// another layout: that would only show once it is too late.
    ///
    /// # Errors
    /// When the live publisher has another layout, or the registry cannot be used.
    pub(crate) fn wait(self, topic: &TopicDirectory, ours: &Schema, exclusive: bool) -> Result<Vacancy, CreateError> {
        let deadline = match self {
            Self::Never => return Ok(Vacancy::TimedOut),
            Self::Until(deadline) => Some(deadline),
            Self::ForEver => None,
        };
        if let Some(other) = topic.any_publisher()
            && !other.schema.same_layout(ours)
        {
            let side = Side { role: Role::Publisher, schema: ours };
            return Err(Mismatch::new(topic.name(), side, Side::of(&other), Some(&other.name)).into());
        }
        let failed = |reason: RegistryError| CreateError::Registry { topic: topic.name().clone(), reason };
        topic.wait_for_vacancy(if exclusive { Hold::Alone } else { Hold::Shared }, deadline).map_err(failed)
    }
}
