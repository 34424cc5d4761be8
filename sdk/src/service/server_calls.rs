//! The calls that a server knows, of each client as many as there are places.
//!
//! A client gives each call a place, which is in the call's number: see `client_calls`. A request ends
//! what the server knows of the call that was in its place before. So a client that has received
//! all need not say so, and one that floods is given no more memory than its places.

use super::client_calls::{PLACES, place_of};
use crate::registry::EndpointId;
use std::collections::VecDeque;

/// Which call: the client, and the call's number among the client's.
pub(crate) type Key = (EndpointId, u64);

/// A call, or what is left of one for the next call in its place. `K` is what is kept of each message that
/// was sent.
pub(crate) struct State<K> {
    /// Its number; `None` if there was none in this place.
    call: Option<u64>,
    /// Whether its client may still want something of it.
    is_open: bool,
    /// Whether the request waits to be returned.
    pub(crate) is_queued: bool,
    pub(crate) deadline_ns: u64,
    pub(crate) window: u64,
    pub(crate) acknowledged: u64,
    /// What the client may not have received yet, to repeat it. The last one has the number
    /// `next - 1`.
    pub(crate) kept: VecDeque<K>,
    pub(crate) next: u64,
    pub(crate) has_ended: bool,
}

struct Client<K> {
    id: EndpointId,
    places: Vec<State<K>>,
}

pub(crate) struct Calls<K> {
    clients: Vec<Client<K>>,
    /// What need not be repeated any more, for the server to release.
    pub(crate) done: Vec<K>,
}

/// What became of a call that a request wants to open.
pub(crate) enum Opening {
    Opened,
    /// It was known. Of a call that is made twice the second request counts for nothing.
    Known,
}

impl<K> Calls<K> {
    pub(crate) fn new() -> Self {
        Self { clients: Vec::new(), done: Vec::new() }
    }

    fn client(&self, id: EndpointId) -> Option<&Client<K>> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// Returns a call that is open.
    pub(crate) fn get(&self, (client, call): Key) -> Option<&State<K>> {
        let state = self.client(client)?.places.get(place_of(call))?;
        (state.is_open && state.call == Some(call)).then_some(state)
    }

    /// Returns a call that is open.
    pub(crate) fn get_mut(&mut self, (client, call): Key) -> Option<&mut State<K>> {
        let client = self.clients.iter_mut().find(|found| found.id == client)?;
        let state = client.places.get_mut(place_of(call))?;
        (state.is_open && state.call == Some(call)).then_some(state)
    }

    /// Opens a call.
    pub(crate) fn open(&mut self, (client, call): Key, deadline_ns: u64, window: u64) -> Opening {
        let index = self.clients.iter().position(|found| found.id == client).unwrap_or_else(|| {
            self.clients.push(Client { id: client, places: Vec::new() });
            self.clients.len() - 1
        });
        let places = &mut self.clients[index].places;
        let place = place_of(call);
        debug_assert!(place < PLACES);
        if places.len() <= place {
            places.resize_with(place + 1, State::new);
        }
        let state = &mut places[place];
        if state.call == Some(call) {
            return Opening::Known;
        }
        let kept = std::mem::take(&mut state.kept);
        debug_assert!(kept.is_empty(), "the call before was closed");
        *state = State { call: Some(call), is_open: true, deadline_ns, window, kept, ..State::new() };
        Opening::Opened
    }

    /// Closes a call if it is open. Returns whether its request waits to be returned.
    pub(crate) fn close(&mut self, (client, call): Key) -> bool {
        let Self { clients, done } = self;
        let client = clients.iter_mut().find(|found| found.id == client);
        let state = client.and_then(|client| client.places.get_mut(place_of(call)));
        state.filter(|state| state.call == Some(call)).is_some_and(|state| state.close(done))
    }

    /// Closes the call that was in the place of another one, which its client makes now. Returns it if
    /// its request waits to be returned.
    pub(crate) fn close_before(&mut self, (client, call): Key) -> Option<Key> {
        let Self { clients, done } = self;
        let found = clients.iter_mut().find(|found| found.id == client)?;
        let state = found.places.get_mut(place_of(call))?;
        let before = state.call.filter(|&before| before != call)?;
        state.close(done).then_some((client, before))
    }

    /// Forgets the items of a call before `item`, which the client has.
    pub(crate) fn acknowledge(&mut self, (client, call): Key, item: u64) {
        let Self { clients, done } = self;
        let client = clients.iter_mut().find(|found| found.id == client);
        let state = client.and_then(|client| client.places.get_mut(place_of(call)));
        if let Some(state) = state.filter(|state| state.is_open && state.call == Some(call)) {
            state.acknowledged = state.acknowledged.max(item.min(state.next));
            let unacknowledged = usize::try_from(state.next - state.acknowledged).unwrap_or(usize::MAX);
            done.extend(state.kept.drain(..state.kept.len().saturating_sub(unacknowledged)));
        }
    }

    /// Closes the calls that have ended and whose deadlines have passed, and forgets the clients that
    /// `is_alive` denies.
    pub(crate) fn forget(&mut self, is_over: impl Fn(u64) -> bool, is_alive: impl Fn(EndpointId) -> bool) {
        let Self { clients, done } = self;
        clients.retain_mut(|client| {
            let is_alive = is_alive(client.id);
            if !is_alive {
                client.places.iter_mut().for_each(|state| _ = state.close(done));
            }
            is_alive
        });
        for state in clients.iter_mut().flat_map(|client| &mut client.places) {
            if state.is_open && state.has_ended && is_over(state.deadline_ns) {
                state.close(done);
            }
        }
    }
}

impl<K> State<K> {
    fn new() -> Self {
        Self {
            call: None,
            is_open: false,
            is_queued: false,
            deadline_ns: 0,
            window: 0,
            acknowledged: 0,
            kept: VecDeque::new(),
            next: 0,
            has_ended: false,
        }
    }

    /// Returns whether its request waits to be returned.
    fn close(&mut self, done: &mut Vec<K>) -> bool {
        self.is_open = false;
        done.extend(self.kept.drain(..));
        std::mem::take(&mut self.is_queued)
    }
}
