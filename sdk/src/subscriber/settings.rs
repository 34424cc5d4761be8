//! The settings of a subscriber.

use super::fetch::MAX_COPY;
use super::wait::Wait;
use crate::registry::{Domain, Placement};

/// What a subscriber is created from.
#[derive(Clone, Debug)]
pub(crate) struct SubscriberSettings {
    pub(crate) domain: Domain,
    pub(super) name: String,
    pub(super) history: u64,
    pub(super) latest: bool,
    /// Whether it also reads what is kept of a publisher beyond its end.
    pub(crate) kept: bool,
    /// Messages a second.
    pub(super) rate_limit: Option<f64>,
    pub(super) lossless: bool,
    pub(super) placement: Placement,
    pub(super) wait: Wait,
    /// How many messages of pools are held in place at once.
    pub(super) max_samples: u64,
    /// The largest message of a pool that is copied, in bytes.
    pub(super) max_copy: u64,
    /// Whether messages are checked in place, because no publisher changes them after publishing.
    pub(super) trusts_publishers: bool,
}

/// How many messages of pools are held in place at once by default.
const MAX_SAMPLES: u64 = 8;

impl SubscriberSettings {
    pub(super) fn new() -> Self {
        Self {
            domain: Domain::default(),
            name: String::new(),
            history: 0,
            latest: false,
            kept: false,
            rate_limit: None,
            lossless: false,
            placement: Placement::Auto,
            wait: Wait::default(),
            max_samples: MAX_SAMPLES,
            max_copy: MAX_COPY,
            trusts_publishers: false,
        }
    }
}
