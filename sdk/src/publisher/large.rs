//! Publishing messages that are in the pool.

use super::backpressure::WhenFull;
use super::core::PublisherCore;
use super::error::{LoanError, PublishError, SendError};
use crate::publisher::pool::{PartialWriter, Pool, Refusal, Shortage};
use crate::record::{Lent, RawLoan};
use crate::registry::Pages;
use crate::shm::Descriptor;

impl PublisherCore {
    /// Lends a slot for a message of `count` elements; of 1, if messages are of fixed size.
    #[inline]
    pub(crate) fn lend(&mut self, count: u64) -> Result<RawLoan, LoanError> {
        if self.is_forked_copy() {
            return Err(self.forked_loan());
        }
        if count > self.max_len {
            return Err(self.too_long(count));
        }
        let pool = self.pool.as_mut().expect("messages of this layout are in a pool");
        match pool.lend(count) {
            Ok(loan) => Ok(loan),
            Err(Refusal::Short(shortage)) => self.lend_withdrawing(shortage),
            Err(Refusal::TooLarge(error)) => Err(error),
        }
    }

    /// Lends a slot where memory is short, at the expense of messages that no lossless subscriber
    /// still has to read.
    #[cold]
    #[inline(never)]
    fn lend_withdrawing(&mut self, mut shortage: Shortage) -> Result<RawLoan, LoanError> {
        // Subscribers that have joined are granted what follows, and those that have left are
        // promised nothing any more.
        self.update_capacity();
        let mut unread = self.first_unread();
        loop {
            let pool = self.pool.as_mut().expect("it is short of memory");
            if let Some(loan) = pool.lend_withdrawing(&mut shortage, self.next, unread) {
                return Ok(loan);
            }
            // Neither are those that have died. No other call would notice that, as none comes as
            // far as to a check of capacity.
            self.forget_the_dead_if_due(self.next);
            let before = std::mem::replace(&mut unread, self.first_unread());
            if unread <= before {
                return Err(self.pool.as_ref().expect("it is short of memory").describe(shortage));
            }
        }
    }

    /// Returns the first message that a lossless subscriber still has to read.
    fn first_unread(&mut self) -> u64 {
        let next = self.next;
        self.grants.as_mut().map_or(next, |grants| grants.least(&self.segment, next).min(next))
    }

    /// Publishes a slot of this core as a message of `count` elements. Hands the loan back if that
    /// fails.
    #[inline]
    pub(crate) fn publish_slot<L: Lent>(
        &mut self,
        loan: L,
        count: u64,
        when_full: WhenFull,
    ) -> Result<u64, SendError<L>> {
        let (slot, descriptor) = self.locate(loan.raw(), count);
        match self.store(&descriptor.encode(), when_full) {
            Ok(sequence) => {
                if let Some(pool) = &mut self.pool {
                    pool.published(slot, sequence);
                }
                loan.into_raw().spend();
                Ok(sequence)
            }
            Err(reason) => Err(SendError::new(reason, loan)),
        }
    }

    /// Makes a slot of this core a partial message of `count` elements: subscribers see it from now
    /// on.
    pub(crate) fn publish_partial(&mut self, loan: &RawLoan, count: u64) -> Result<PartialWriter, PublishError> {
        if self.is_forked_copy() {
            return Err(self.forked());
        }
        self.update_capacity(); // subscribers that joined since the last message can pin this one
        let (slot, descriptor) = self.locate(loan, count);
        let writer = PartialWriter::begin(&self.segment, descriptor);
        let writer = writer.ok_or_else(|| PublishError::PartialOpen { topic: self.topic().clone() })?;
        if let Some(pool) = &mut self.pool {
            pool.publish_partial(slot);
        }
        Ok(writer)
    }

    /// Returns the slot of a loan, and what the ring says of a message of `count` elements in it.
    ///
    /// # Panics
    /// If this core did not lend it.
    #[inline]
    fn locate(&self, loan: &RawLoan, count: u64) -> (u32, Descriptor) {
        let located = loan.slot().and_then(|slot| Some((slot, self.pool.as_ref()?.descriptor(slot, count)?)));
        located.expect("it was lent by this core")
    }

    /// The kind of pages of its memory.
    pub(crate) fn pages(&self) -> Pages {
        self.segment.pages()
    }

    /// Returns how many bytes of the pool are in memory; 0 without one.
    pub(crate) fn pool_memory(&self) -> u64 {
        self.pool.as_ref().map_or(0, Pool::memory)
    }

    #[cold]
    pub(super) fn forked_loan(&self) -> LoanError {
        LoanError::Forked { topic: self.topic().clone() }
    }

    #[cold]
    fn too_long(&self, len: u64) -> LoanError {
        LoanError::TooLong { topic: self.topic().clone(), len, max: self.max_len }
    }
}
