//! Messages that are kept to be published again: for receivers that may have missed them.

use super::backpressure::WhenFull;
use super::core::PublisherCore;
use super::{Loan, PublishError, Publisher, SendError};
use crate::record::{Header, Lent};
use crate::schema::ShmMessage;

/// A message that was published, and that stays in its publisher's memory until it is
/// [released](PublisherCore::release).
pub(crate) struct KeptMessage {
    slot: u32,
    elements: u64,
}

impl PublisherCore {
    /// Keeps a message that was published just now.
    pub(crate) fn keep_message(&mut self, slot: u32, elements: u64) -> KeptMessage {
        if let Some(pool) = &mut self.pool {
            pool.keep(slot);
        }
        KeptMessage { slot, elements }
    }

    /// Publishes a kept message once more, as it is. Waits as publishing does, needs no memory.
    pub(crate) fn send_again(&mut self, kept: &KeptMessage) -> Result<u64, PublishError> {
        self.publish_slot_again(kept.slot, kept.elements, WhenFull::Wait)
    }

    /// Ends the keeping of a message.
    pub(crate) fn release(&mut self, kept: KeptMessage) {
        if let Some(pool) = &mut self.pool {
            pool.release(kept.slot);
        }
    }
}

impl<T: ShmMessage, H: Header> Publisher<[T], H> {
    /// Publishes a loan as [`send`](Self::send) does, and keeps it.
    pub(crate) fn send_kept(&mut self, loan: Loan<[T], H>) -> Result<KeptMessage, SendError<Loan<[T], H>>> {
        let (slot, elements) = (loan.raw().slot(), loan.len() as u64);
        self.send(loan)?;
        Ok(self.core.keep_message(slot.expect("a slice is in a slot"), elements))
    }

    /// Publishes a kept message once more.
    pub(crate) fn send_again(&mut self, kept: &KeptMessage) -> Result<u64, PublishError> {
        self.core.send_again(kept)
    }

    /// Ends the keeping of a message.
    pub(crate) fn release(&mut self, kept: KeptMessage) {
        self.core.release(kept);
    }
}
