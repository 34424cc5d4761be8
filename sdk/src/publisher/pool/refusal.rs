//! What a pool says when it lends no slot.

use crate::publisher::LoanError;
use std::io;

/// Why a pool lends no slot.
pub(crate) enum Refusal {
    /// No slot is that large.
    TooLarge(LoanError),
    /// None is free at the moment.
    NoneFree(Shortage),
}

/// A slot that a pool does not have free.
pub(crate) struct Shortage {
    pub(super) class: usize,
    pub(super) slot_bytes: usize,
    /// The size of the message.
    pub(super) message: usize,
    /// What the kernel said, if it refused memory.
    pub(super) refused: Option<io::Error>,
}
