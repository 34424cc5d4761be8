//! # Safety
//!
//! A subscriber's pins. The file opts into unsafe code to lend what they hold. It upholds that [`Pins`] alone, of which a board
//! has one, changes the records, and that the board lives as long as a record is held.
#![allow(unsafe_code, reason = "what pins hold is lent")]

use crate::failpoint;
use crate::protocol::pin::{self, Name};
use crate::record::{Alive, NewSample, PinRecord};
use crate::registry::{EndpointId, Registration};
use crate::shm::ControlPage;
use std::any::Any;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

/// What keeps a subscriber's pins, and lives as long as any of them holds something: its control page, in which they are,
/// and in the end its life, by which publishers know that they are to be honoured.
pub(crate) struct Board {
    records: Vec<PinRecord>,
    /// After the records, which point into it.
    _control: Arc<ControlPage>,
    registrations: Mutex<Vec<Registration>>,
}

/// A subscriber's own hand on its pins: one thread at a time takes them.
pub(crate) struct Pins {
    subscriber: EndpointId,
    board: Arc<Board>,
    /// Where the next look for a free one begins.
    at: usize,
}

impl Pins {
    /// As many as the control page has.
    pub(crate) fn new(control: &Arc<ControlPage>, subscriber: EndpointId) -> Self {
        let record = |index| {
            // SAFETY: the board keeps the control page, in which the pins are, and drops it after the records. A record that is
            // held keeps the board: see `take`.
            unsafe { PinRecord::new(control.pin(subscriber, index)) }
        };
        let records = (0..control.pins()).map(record).collect();
        let board = Board { records, _control: Arc::clone(control), registrations: Mutex::new(Vec::new()) };
        Self { subscriber, board: Arc::new(board), at: 0 }
    }

    pub(crate) fn subscriber(&self) -> EndpointId {
        self.subscriber
    }

    pub(crate) fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Pins a slot, unless it is not there any more: `Some(None)` then. Nothing if all pins are in use.
    ///
    /// # Safety
    /// The caller must ensure that the slot that is named is at `place`: aligned to a line, of at least this many bytes, in whole
    /// words, all initialised, which `home` keeps mapped; and that bytes that a publisher which keeps the protocol may still
    /// write are not looked at through the sample. It is to be [left](Self::leave) when nothing of `home` will be pinned any
    /// more: until then it stays mapped.
    #[inline]
    pub(crate) unsafe fn take<H: Any + Send + Sync>(
        &mut self,
        name: Name,
        place: (NonNull<u8>, usize),
        home: &Arc<H>,
        is_there: impl FnOnce() -> bool,
    ) -> Option<Option<NewSample>> {
        let index = self.find()?;
        let record = &self.board.records[index];
        let is_there = || {
            failpoint::hit("pin.stored");
            is_there()
        };
        if !pin::hold(record.pin(), name, is_there) {
            return Some(None);
        }
        failpoint::hit("pin.held");
        // SAFETY: it was found free, and this is borrowed mutably: no other thread is at the records. The pin holds the slot,
        // as was just seen. The place and `home` are as the caller ensures, and the board keeps the pins and the records.
        Some(Some(unsafe { record.lend(place, home, || Arc::clone(&self.board) as Alive) }))
    }

    #[inline]
    fn find(&mut self) -> Option<usize> {
        let count = self.board.records.len();
        let at = (self.at..count).chain(0..self.at).find(|&index| self.board.records[index].is_free())?;
        self.at = at;
        Some(at)
    }

    /// Nothing will be pinned of what this keeps mapped: it is unmapped when nobody holds a sample of it.
    pub(crate) fn leave<H>(&mut self, home: &Arc<H>) {
        for record in &self.board.records {
            // SAFETY: this is borrowed mutably, and nobody else changes the records.
            unsafe { record.drop_kept_of(home) };
        }
    }
}

impl Drop for Pins {
    /// Records keep the board, which has them: from here on their holders do, if there are any.
    fn drop(&mut self) {
        for record in &self.board.records {
            // SAFETY: this is borrowed mutably, and nobody else changes the records.
            unsafe { record.drop_kept() };
        }
    }
}

impl Board {
    /// Whether samples that are held keep it. None can come meanwhile but by cloning one, if that is asked by the
    /// subscriber that alone takes pins.
    pub(crate) fn is_needed(&self) -> bool {
        self.records.iter().any(|record| !record.is_free())
    }

    /// Keeps its subscriber alive in the eyes of publishers, as long as this lives.
    pub(crate) fn keep(&self, registrations: Vec<Registration>) {
        self.registrations.lock().unwrap_or_else(PoisonError::into_inner).extend(registrations);
    }
}
