//! What is known of a received message.

use crate::registry::EndpointId;

/// What is known of a message beside its contents. It lives in the message's record: so it is
/// written once, and a sample is one pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) publisher: EndpointId,
    pub(crate) sequence: u64,
    pub(crate) time: Option<u64>,
    /// Messages of this publisher lost since the last one that was delivered.
    pub(crate) lost_before: u64,
}

impl Received {
    /// That of a message that was not received.
    pub(crate) const NOTHING: Self = Self { publisher: EndpointId(0), sequence: 0, time: None, lost_before: 0 };
}
