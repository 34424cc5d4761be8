//! What both programs must agree on, and all of it.

use slotcast::ShmMessage;

/// One step of a count.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Tick {
    /// From 0, one more each time.
    pub(crate) count: u64,
}
