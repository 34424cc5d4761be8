//! Channels without a buffer: senders and receivers meet in slots.

use super::block::Block;
use super::element::{Element, Elements};
use super::failure::StructureError;
use super::waiting::{PATIENCE, ring, wait};
use crate::failpoint;
pub(super) use crate::protocol::region::offers::WORDS;
use crate::protocol::region::offers::{Fate, Offers};
use crate::sync::Word;
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// The slots of a channel.
pub(super) struct Rendezvous<'a, T> {
    pub(super) block: &'a Block,
    /// Numbers the offers.
    pub(super) next: &'a Word,
    pub(super) words: &'a Held<Word>,
    pub(super) values: &'a Elements<T>,
}

impl<T: Element> Rendezvous<'_, T> {
    fn token(&self) -> u32 {
        self.block.inner.token()
    }

    fn offers(&self) -> Offers<'_> {
        Offers(self.words)
    }

    fn is_dead(&self, token: u32) -> bool {
        self.block.inner.is_dead(token)
    }

    /// Offers a value, and waits up to `timeout` until a receiver has it. `is_closed` says whether
    /// to give up. Returns whether a receiver has it.
    pub(super) fn send(
        &self,
        value: &T,
        timeout: Duration,
        is_closed: impl Fn() -> bool,
    ) -> Result<bool, StructureError> {
        let start = std::time::Instant::now();
        let inner = &self.block.inner;
        let taken = wait(inner, self.block.second_bell(), timeout, || {
            if is_closed() {
                Some(None)
            } else {
                self.offers().take(self.token(), |token| self.is_dead(token)).map(Some)
            }
        });
        let Some(Some(slot)) = taken else { return Ok(false) };
        self.values.store(slot, value);
        if !self.offers().offer(slot, self.token(), self.next.add(1)) {
            return Err(self.block.corrupt("a slot has changed while it was written".into()));
        }
        ring(inner, self.block.first_bell());
        let left = timeout.saturating_sub(start.elapsed());
        let received =
            wait(inner, self.block.second_bell(), left, || (self.is_received(slot) || is_closed()).then_some(()));
        let _ = received; // the state of the slot decides, also after the time is over
        self.withdraw(slot)
    }

    fn is_received(&self, slot: usize) -> bool {
        match self.offers().fate(slot, self.token(), |token| self.is_dead(token)) {
            Fate::Received => true,
            Fate::OpenAgain => {
                ring(&self.block.inner, self.block.first_bell());
                false
            }
            Fate::Open => false,
        }
    }

    /// Ends an offer. Returns whether its value was received.
    fn withdraw(&self, slot: usize) -> Result<bool, StructureError> {
        let result = wait(&self.block.inner, None, PATIENCE, || {
            if self.is_received(slot) {
                self.offers().free(slot);
                return Some(true);
            }
            self.offers().withdraw(slot, self.token()).then_some(false)
        });
        ring(&self.block.inner, self.block.second_bell());
        result.ok_or_else(|| self.block.stuck(PATIENCE))
    }

    /// Receives the oldest value that is offered, if there is one.
    pub(super) fn try_recv(&self) -> Option<T> {
        // Each turn finds another offer gone, or is the last.
        for _ in 0..=2 * self.values.count() {
            let slot = self.offers().oldest()?;
            let read = || {
                let value = self.values.load(slot);
                failpoint::hit("channel.read");
                value
            };
            if let Some(value) = self.offers().receive(slot, self.token(), |token| self.is_dead(token), read) {
                ring(&self.block.inner, self.block.second_bell());
                return Some(value);
            }
        }
        None
    }

    /// Returns whether something is offered.
    #[cfg(feature = "tokio")]
    pub(super) fn has_offer(&self) -> bool {
        self.offers().oldest().is_some()
    }
}
