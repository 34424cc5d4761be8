//! Publishing messages that are in the pool.

use super::backpressure::WhenFull;
use super::core::PublisherCore;
use super::error::{LoanError, PublishError, SendError};
use crate::publisher::pool::{PartialWriter, Pool, Refusal, Shortage};
use crate::record::{Lent, RawLoan};
use crate::registry::Pages;
use crate::shm::Descriptor;
use std::os::fd::OwnedFd;

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
            Err(Refusal::NoneFree(shortage)) => self.lend_slowly(shortage),
            Err(Refusal::TooLarge(error)) => Err(error),
        }
    }

    /// Lends a slot where none is free: one of a message that was read, or of new memory.
    #[cold]
    #[inline(never)]
    fn lend_slowly(&mut self, mut shortage: Shortage) -> Result<RawLoan, LoanError> {
        self.retire_read();
        if let Some(loan) = self.slots().reclaim(&shortage) {
            return Ok(loan);
        }
        self.forget_dead_readers_if_due(); // before there is more memory because of them
        match self.slots().make_free(&mut shortage) {
            Some(loan) => Ok(loan),
            None => self.lend_withdrawing(shortage),
        }
    }

    /// Returns the pool, which exists where a slot was not found.
    fn slots(&mut self) -> &mut Pool {
        self.pool.as_mut().expect("it has no free slot")
    }

    /// Withdraws the messages that every subscriber has read, except for those that stay for
    /// subscribers that join later. So their slots are used again before they leave the caches.
    fn retire_read(&mut self) {
        let next = self.next;
        if self.pool.as_ref().is_none_or(|pool| pool.kept_for_readers(next).is_none()) {
            return; // a cache line of each subscriber need not be read
        }
        let read = self.read_by_all();
        if let Some(pool) = &mut self.pool {
            pool.retire_read(next, read);
        }
    }

    /// Returns the first message that some subscriber may not have read. It can lag by as much as
    /// the depth and some more, so that it is not overtaken again at once when it resumes there.
    fn read_by_all(&mut self) -> u64 {
        let (next, geometry) = (self.next, self.segment.geometry());
        // Subscribers that have joined are readers from now on. One that is not seen yet joins
        // after the last message: the doorbell's fence, between that and this load, ensures it.
        self.update_capacity();
        let Some(grants) = &mut self.grants else { return next };
        match grants.read_by_all(&self.segment, next) {
            Some(read) => read.max(next.saturating_sub(geometry.depth() + geometry.headroom())),
            None => 0,
        }
    }

    /// Forgets subscribers that have died with messages unread that are kept for them alone, unless
    /// that was checked just now.
    fn forget_dead_readers_if_due(&mut self) {
        let (Some(grants), Some(pool)) = (&mut self.grants, &mut self.pool) else { return };
        if let Some(kept) = pool.kept_for_readers(self.next)
            && self.liveness.if_due(|| grants.forget_dead_readers(&self.segment, kept)) == Some(true)
        {
            pool.forget_the_dead();
            self.retire_read();
        }
    }

    /// Lends a slot where memory is short, at the expense of messages that no lossless subscriber
    /// still has to read.
    fn lend_withdrawing(&mut self, mut shortage: Shortage) -> Result<RawLoan, LoanError> {
        // Subscribers that have joined are granted what follows, and those that have left are
        // promised nothing any more.
        self.update_capacity();
        let mut unread = self.first_unread();
        loop {
            let next = self.next;
            if let Some(loan) = self.slots().lend_withdrawing(&mut shortage, next, unread) {
                return Ok(loan);
            }
            // Neither are those that have died. No other call would notice that, as none comes as
            // far as to a check of capacity.
            self.forget_the_dead_if_due(self.next);
            let before = std::mem::replace(&mut unread, self.first_unread());
            if unread <= before {
                return Err(self.slots().describe(shortage));
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
        let before = self.published_at;
        match self.store(&descriptor.encode(), when_full) {
            Ok(sequence) => {
                let pause = self.published_at.saturating_sub(before);
                if let Some(pool) = &mut self.pool
                    && pool.published(slot, sequence, pause)
                {
                    self.refill(slot);
                }
                loan.into_raw().spend();
                Ok(sequence)
            }
            Err(reason) => Err(SendError::new(reason, loan)),
        }
    }

    /// Publishes the message of `count` elements in a kept slot of this core once more.
    pub(super) fn publish_slot_again(
        &mut self,
        slot: u32,
        count: u64,
        when_full: WhenFull,
    ) -> Result<u64, PublishError> {
        let descriptor = self.pool.as_ref().and_then(|pool| pool.descriptor(slot, count));
        let sequence = self.store(&descriptor.expect("it was published").encode(), when_full)?;
        if let Some(pool) = &mut self.pool {
            pool.published_again(slot, sequence);
        }
        Ok(sequence)
    }

    /// Frees slots of the size of this one, if there are any to be freed: now rather than before
    /// the next message, which would have to wait for it.
    #[inline(never)]
    fn refill(&mut self, slot: u32) {
        self.retire_read();
        if let Some(pool) = &mut self.pool {
            pool.reclaim_like(slot);
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

    /// Keeps a descriptor open for the message of a loan of this core.
    pub(crate) fn carry(&mut self, slot: u32, descriptor: OwnedFd) {
        self.update_capacity(); // whoever has joined can hold messages
        if let Some(pool) = &mut self.pool {
            pool.carry(slot, descriptor);
        }
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
    pub(crate) fn forked_loan(&self) -> LoanError {
        LoanError::Forked { topic: self.topic().clone() }
    }

    #[cold]
    fn too_long(&self, len: u64) -> LoanError {
        LoanError::TooLong { topic: self.topic().clone(), len, max: self.max_len }
    }
}
