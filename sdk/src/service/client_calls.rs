//! The calls that a client has made and not dropped, each in a place of its own.
//!
//! The low bits of a call's number are its place. So a call is found without a search, and a request
//! tells each server that the call that was in its place before is over: see `server_calls`.

use super::MAX_WINDOW;
use super::error::End;
use crate::registry::EndpointId;
use std::collections::VecDeque;

/// How many places there can be: the greatest window.
pub(crate) const PLACES: usize = MAX_WINDOW as usize;

/// Returns the place of a call.
#[expect(clippy::cast_possible_truncation, reason = "it is less than the number of places")]
pub(crate) fn place_of(call: u64) -> usize {
    (call % PLACES as u64) as usize
}

/// A call that was made and not dropped.
pub(crate) struct Open<I> {
    pub(crate) call: u64,
    pub(crate) server: EndpointId,
    pub(crate) deadline_ns: u64,
    /// The items that were received and not taken.
    pub(crate) items: VecDeque<I>,
    /// The number of the next message of the response.
    pub(crate) expected: u64,
    pub(crate) taken: u64,
    pub(crate) acknowledged: u64,
    pub(crate) end: Option<End>,
    /// Whether the server has ended the response, and keeps so little of it that it need not be told
    /// that all has come.
    pub(crate) is_settled: bool,
}

/// What is in a place: an open call, or what the next one can use again.
struct Place<I> {
    open: Open<I>,
    is_taken: bool,
}

/// The open calls of a client.
pub(crate) struct Calls<I> {
    places: Vec<Place<I>>,
    free: Vec<usize>,
    /// How many calls were made.
    made: u64,
}

impl<I> Calls<I> {
    pub(crate) fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new(), made: 0 }
    }

    /// Returns how many calls are open.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Opens a call, and returns its number. The caller ensures that fewer are open than there can be
    /// places.
    pub(crate) fn open(&mut self, server: EndpointId, deadline_ns: u64) -> u64 {
        let place = self.free.pop().unwrap_or(self.places.len());
        debug_assert!(place < PLACES);
        let call = self.made * PLACES as u64 + place as u64;
        self.made += 1;
        // What the call before has allocated is used again.
        let items = self.places.get_mut(place).map(|place| std::mem::take(&mut place.open.items)).unwrap_or_default();
        let (expected, taken, acknowledged, end, is_settled) = (0, 0, 0, None, false);
        let open = Open { call, server, deadline_ns, items, expected, taken, acknowledged, end, is_settled };
        let taken = Place { open, is_taken: true };
        match self.places.get_mut(place) {
            Some(place) => *place = taken,
            None => self.places.push(taken),
        }
        call
    }

    /// Returns a call that is open.
    pub(crate) fn get(&self, call: u64) -> Option<&Open<I>> {
        let place = self.places.get(place_of(call))?;
        (place.is_taken && place.open.call == call).then_some(&place.open)
    }

    /// Returns a call that is open.
    pub(crate) fn get_mut(&mut self, call: u64) -> Option<&mut Open<I>> {
        let place = self.places.get_mut(place_of(call))?;
        (place.is_taken && place.open.call == call).then_some(&mut place.open)
    }

    /// Closes a call that is open, drops its items, and returns what is known of it.
    pub(crate) fn close(&mut self, call: u64) -> Option<&Open<I>> {
        let place = self.places.get_mut(place_of(call))?;
        if !place.is_taken || place.open.call != call {
            return None;
        }
        place.is_taken = false;
        place.open.items.clear();
        self.free.push(place_of(call));
        Some(&place.open)
    }

    /// Returns the calls whose end is not known.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Open<I>> {
        let taken = self.places.iter().filter(|place| place.is_taken).map(|place| &place.open);
        taken.filter(|open| open.end.is_none())
    }
}
