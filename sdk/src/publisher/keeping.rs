//! Messages that are kept to be published again: for receivers that may have missed them.

use super::backpressure::WhenFull;
use super::{Loan, PublishError, Publisher, SendError};
use crate::record::{Header, Lent};
use crate::schema::ShmMessage;

/// A message that was published, and that stays in its publisher's memory until it is
/// [released](Publisher::release).
pub(crate) struct KeptMessage {
    slot: u32,
    elements: u64,
}

impl<T: ShmMessage, H: Header> Publisher<[T], H> {
    /// Publishes a loan as [`send`](Self::send) does, and keeps it.
    pub(crate) fn send_kept(&mut self, loan: Loan<[T], H>) -> Result<KeptMessage, SendError<Loan<[T], H>>> {
        let (slot, elements) = (loan.raw().slot(), loan.len() as u64);
        self.send(loan)?;
        let slot = slot.expect("a slice is in a slot");
        self.core.keep_slot(slot);
        Ok(KeptMessage { slot, elements })
    }

    /// Publishes a kept message once more, as it is. Waits as [`send`](Self::send) does, needs no memory.
    pub(crate) fn send_again(&mut self, kept: &KeptMessage) -> Result<u64, PublishError> {
        self.core.publish_slot_again(kept.slot, kept.elements, WhenFull::Wait)
    }

    /// Ends the keeping of a message.
    pub(crate) fn release(&mut self, kept: KeptMessage) {
        self.core.release_slot(kept.slot);
    }
}
