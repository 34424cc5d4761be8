//! # Safety
//!
//! A subscriber's pins. The file opts into unsafe code to lend what they hold. It upholds that
//! [`Pins`] alone, of which a board has one, changes the records, and that the board lives as long
//! as a record is held.
#![allow(unsafe_code, reason = "what pins hold is lent")]

use crate::failpoint;
use crate::protocol::pin::{self, Name};
use crate::record::{Alive, NewSample, PinRecord};
use crate::registry::{EndpointId, Registration};
use crate::shm::ControlPage;
use crate::sys::memory;
use std::any::Any;
use std::io;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

/// What keeps a subscriber's pins. It lives as long as any of them holds something: its control
/// page, which contains them, and at last its registrations, by which publishers know that the pins
/// are to be honoured.
pub(crate) struct Board {
    records: Vec<PinRecord>,
    /// After the records, which point into it.
    _control: Arc<ControlPage>,
    registrations: Mutex<Vec<Registration>>,
}

/// A subscriber's own access to its pins: one thread at a time takes them.
pub(crate) struct Pins {
    subscriber: EndpointId,
    board: Arc<Board>,
    /// Where the next search for a free one begins.
    at: usize,
}

/// What an attempt to pin a slot gave.
pub(super) enum Pinned {
    /// The slot is held.
    Held(NewSample),
    /// The slot was retired meanwhile.
    Retired,
    /// All pins are in use.
    NoneFree,
}

impl Pins {
    /// Creates the pins that the control page has capacity for, each with memory for a copy of a
    /// header of `header` bytes, and the `description` of messages.
    ///
    /// # Errors
    /// When there is no memory for the copies.
    pub(crate) fn new(
        control: &Arc<ControlPage>,
        subscriber: EndpointId,
        header: usize,
        description: Option<&Alive>,
    ) -> io::Result<Self> {
        let record = |index| {
            // SAFETY: the board keeps the control page, which contains the pins, and drops it after
            // the records. A record that is held keeps the board: see `pin`.
            unsafe { PinRecord::new(control.pin(subscriber, index), header, description.cloned()) }
        };
        let records: Option<_> = (0..control.pins()).map(record).collect();
        let records = records.ok_or(io::ErrorKind::OutOfMemory)?;
        let board = Board { records, _control: Arc::clone(control), registrations: Mutex::new(Vec::new()) };
        Ok(Self { subscriber, board: Arc::new(board), at: 0 })
    }

    pub(crate) fn subscriber(&self) -> EndpointId {
        self.subscriber
    }

    pub(crate) fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Pins a slot, if `is_present` confirms after that that it was not retired.
    ///
    /// # Safety
    /// The caller must ensure that
    ///
    /// - the slot of this name begins at `place.0`, aligned to a line, and has at least `place.1`
    ///   bytes, in whole words, all initialised;
    /// - `home` keeps it mapped, and is [forgotten](Self::forget) when nothing of it will be pinned
    ///   any more: until then it stays mapped;
    /// - bytes that a publisher which keeps the protocol may still write are not looked at through
    ///   the sample.
    #[inline]
    pub(super) unsafe fn pin<H: Any + Send + Sync>(
        &mut self,
        name: Name,
        place: (NonNull<u8>, usize),
        home: &Arc<H>,
        is_present: impl FnOnce() -> bool,
    ) -> Pinned {
        let Some(index) = self.find_free() else { return Pinned::NoneFree };
        let record = &self.board.records[index];
        let is_present = || {
            failpoint::hit("pin.stored");
            is_present()
        };
        if !pin::hold(record.pin(), name, is_present) {
            return Pinned::Retired;
        }
        failpoint::hit("pin.held");
        // SAFETY: it was found free, and this is borrowed mutably: no other thread is at the
        // records. The pin holds the slot, as was just confirmed. The place and `home` are as the
        // caller ensures, and the board keeps the pins and the records.
        Pinned::Held(unsafe { record.lend(place, home, || Arc::clone(&self.board) as Alive) })
    }

    /// Gets the cache line of the pin that is taken next, which a publisher may have read. So the
    /// next message does not wait for it.
    #[inline]
    pub(super) fn prepare(&self) {
        memory::prefetch_to_write(self.board.records[self.at].pin());
    }

    #[inline]
    fn find_free(&mut self) -> Option<usize> {
        let count = self.board.records.len();
        let at = (self.at..count).chain(0..self.at).find(|&index| self.board.records[index].is_free())?;
        self.at = at;
        Some(at)
    }

    /// Notes that nothing will be pinned any more of what `home` keeps mapped: it is unmapped when
    /// no sample of it is held.
    pub(super) fn forget<H>(&mut self, home: &Arc<H>) {
        for record in &self.board.records {
            // SAFETY: this is borrowed mutably, and nobody else changes the records.
            unsafe { record.drop_kept_of(home) };
        }
    }
}

impl Drop for Pins {
    /// Records keep the board, which has them. From here on only records that are held keep it.
    fn drop(&mut self) {
        for record in &self.board.records {
            // SAFETY: this is borrowed mutably, and nobody else changes the records.
            unsafe { record.drop_kept() };
        }
    }
}

impl Board {
    /// Returns whether samples that are held keep it. The subscriber, which alone takes pins, must
    /// call this: then the answer can change to `true` only by cloning a sample.
    pub(crate) fn is_needed(&self) -> bool {
        self.records.iter().any(|record| !record.is_free())
    }

    /// Keeps its subscriber alive, as seen by publishers, as long as this exists.
    pub(crate) fn keep(&self, registrations: Vec<Registration>) {
        self.registrations.lock().unwrap_or_else(PoisonError::into_inner).extend(registrations);
    }
}
