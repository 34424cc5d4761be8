//! What both programs must agree on: nothing else.

use slotcast::ShmMessage;

/// One step of a count.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Tick {
    /// Starts at 0 and grows by one.
    pub(crate) count: u64,
}
