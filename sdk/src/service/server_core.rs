//! What a server and its calls share: its two endpoints, and the state of each call.

use super::error::ServeError;
use super::header::{self, Reason, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use super::{LOOK_EVERY, MAX_WINDOW};
use crate::publisher::Publisher;
use crate::record::{Body, Payload, bytes_of_all};
use crate::registry::{EndpointId, RegistryError};
use crate::subscriber::{RecvError, Sample, Sleep, Subscriber, Wait};
use crate::wait::EventFd;
use std::collections::{HashMap, VecDeque};
use std::time::Instant;

/// Which call: the client, and the call's number among the client's.
pub(super) type Key = (EndpointId, u64);

pub(super) type Request<Req> = Sample<[<Req as Body>::Part], RequestHeader>;

/// A message that was sent and can be sent again.
struct Kept {
    header: ResponseHeader,
    /// The bytes of its elements.
    bytes: Box<[u8]>,
    elements: usize,
}

/// A call that its client has not dropped.
struct State {
    deadline_ns: u64,
    window: u64,
    acknowledged: u64,
    /// What the client may not have received yet, to repeat it. The last one has the number
    /// `next - 1`.
    kept: VecDeque<Kept>,
    next: u64,
    has_ended: bool,
}

pub(super) struct ServerCore<Req: Payload + ?Sized, Res: Payload + ?Sized> {
    requests: Subscriber<[Req::Part], RequestHeader>,
    responses: Publisher<[Res::Part], ResponseHeader>,
    calls: HashMap<Key, State>,
    queue: VecDeque<(Key, Request<Req>)>,
    /// A failure that was not returned yet.
    failure: Option<RecvError>,
    looked: Instant,
    /// How many messages were sorted: what one task has sorted may be for another.
    pub(super) sorted: u64,
    pub(super) wait: Wait,
    is_closed: bool,
}

impl<Req: Payload + ?Sized, Res: Payload + ?Sized> ServerCore<Req, Res> {
    pub(super) fn new(
        wait: Wait,
        requests: Subscriber<[Req::Part], RequestHeader>,
        responses: Publisher<[Res::Part], ResponseHeader>,
    ) -> Self {
        let (calls, queue) = (HashMap::new(), VecDeque::new());
        Self {
            requests,
            responses,
            calls,
            queue,
            failure: None,
            looked: Instant::now(),
            sorted: 0,
            wait,
            is_closed: false,
        }
    }

    /// Returns the next request that has neither expired nor been cancelled.
    pub(super) fn next(&mut self) -> Result<Option<(Key, Request<Req>)>, ServeError> {
        self.receive();
        if let Some(failure) = self.failure.take() {
            return Err(failure.into());
        }
        while let Some((key, request)) = self.queue.pop_front() {
            match self.check(key) {
                Ok(()) => return Ok(Some((key, request))),
                Err(ServeError::Expired) => self.end(key, ResponseKind::Expired, Reason::NONE)?,
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// Sorts what has come. Does not wait. Now and then forgets the calls of clients that have died.
    pub(super) fn receive(&mut self) {
        loop {
            match self.requests.try_recv() {
                Ok(Some(sample)) => {
                    self.sorted = self.sorted.wrapping_add(1);
                    self.sort(sample);
                }
                Ok(None) => break,
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            }
        }
        if self.looked.elapsed() >= LOOK_EVERY {
            self.looked = Instant::now();
            let requests = &self.requests;
            self.calls.retain(|&(client, _), state| {
                let is_over = state.has_ended && header::until(state.deadline_ns).is_zero();
                !is_over && requests.is_alive(client)
            });
        }
    }

    /// Prepares to sleep until a message of any client may have come, without the lock. What has come
    /// meanwhile is sorted: look for it before sleeping.
    pub(super) fn prepare_to_sleep(&mut self) -> Sleep {
        let sleep = self.requests.prepare_to_sleep();
        self.receive();
        sleep
    }

    /// Accepts no more calls, and refuses those that were not returned. Those that were go on.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        let reason = Reason::new(Reason::CLOSED, "the server takes no more calls");
        while let Some((key, _)) = self.queue.pop_front() {
            // Without memory for it the end of this server ends the call.
            let _ = self.end(key, ResponseKind::Refused, reason);
        }
    }

    fn sort(&mut self, sample: Request<Req>) {
        let header = *sample.header();
        if !header::names(header.server, self.responses.id()) {
            return;
        }
        let key = (sample.publisher(), header.call);
        match header.kind {
            RequestKind::Request => self.open(key, header, sample),
            RequestKind::Cancel => drop(self.calls.remove(&key)),
            RequestKind::Acknowledge => {
                if let Some(state) = self.calls.get_mut(&key) {
                    state.acknowledge(header.item);
                }
            }
            RequestKind::Repeat => self.repeat(key, header.item),
        }
    }

    fn open(&mut self, key: Key, header: RequestHeader, sample: Request<Req>) {
        // No client of this crate does any of this; one that does gets no response.
        let of_client = self.calls.keys().filter(|(client, _)| *client == key.0).count();
        if of_client >= MAX_WINDOW as usize || self.calls.contains_key(&key) {
            return;
        }
        let state = State {
            deadline_ns: header.deadline_ns,
            window: u64::from(header.window.clamp(1, MAX_WINDOW)),
            acknowledged: 0,
            kept: VecDeque::new(),
            next: 0,
            has_ended: false,
        };
        self.calls.insert(key, state);
        let reason = if self.is_closed {
            Reason::new(Reason::CLOSED, "the server takes no more calls")
        } else if Req::from_parts(&sample).is_none() {
            Reason::new(Reason::MALFORMED, "a request of this service is one element, not a slice")
        } else {
            return self.queue.push_back((key, sample));
        };
        // Without memory for it the client's deadline ends the call.
        let _ = self.end(key, ResponseKind::Refused, reason);
    }

    /// Returns whether a call or a failure waits to be returned.
    pub(super) fn has_waiting(&self) -> bool {
        self.failure.is_some() || !self.queue.is_empty()
    }

    /// Returns whether the call is still wanted.
    pub(super) fn check(&self, key: Key) -> Result<(), ServeError> {
        let Some(state) = self.calls.get(&key) else { return Err(ServeError::Cancelled) };
        if header::until(state.deadline_ns).is_zero() { Err(ServeError::Expired) } else { Ok(()) }
    }

    /// Returns whether the client takes another item of the call.
    pub(super) fn has_credit(&self, key: Key) -> bool {
        self.calls.get(&key).is_some_and(|state| state.next - state.acknowledged < state.window)
    }

    #[cfg(feature = "tokio")]
    pub(super) fn cannot_wait(&self, reason: std::io::Error) -> RecvError {
        self.requests.cannot_wait(reason)
    }

    pub(super) fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.requests.event_fd()
    }

    pub(super) fn is_alive(&self, client: EndpointId) -> bool {
        self.requests.is_alive(client)
    }

    /// Sends an item: `Item`, or `Last`.
    pub(super) fn send(&mut self, key: Key, kind: ResponseKind, item: &Res) -> Result<(), ServeError> {
        self.respond(key, kind, item.parts(), Reason::NONE)
    }

    pub(super) fn end(&mut self, key: Key, kind: ResponseKind, reason: Reason) -> Result<(), ServeError> {
        self.respond(key, kind, &[], reason)
    }

    fn respond(&mut self, key: Key, kind: ResponseKind, item: &[Res::Part], reason: Reason) -> Result<(), ServeError> {
        let Some(state) = self.calls.get_mut(&key).filter(|state| !state.has_ended) else {
            return Err(ServeError::Cancelled);
        };
        let Reason { code, text } = reason;
        let header = ResponseHeader { client: key.0.halves(), call: key.1, item: state.next, kind, code, text };
        self.responses.publish_slice_with(&header, item)?;
        state.next += 1;
        state.has_ended = kind != ResponseKind::Item;
        state.kept.push_back(Kept { header, bytes: bytes_of_all(item).into(), elements: item.len() });
        Ok(())
    }

    /// Publishes again what a client has missed.
    fn repeat(&mut self, key: Key, from: u64) {
        let Some(state) = self.calls.get(&key) else { return };
        for Kept { header, bytes, elements } in state.kept.iter().filter(|kept| kept.header.item >= from) {
            // Without memory for it the client's deadline ends the call.
            if self.responses.publish_again(header, bytes, *elements).is_err() {
                return;
            }
        }
    }
}

impl State {
    /// Forgets the items before `item`, which the client has.
    fn acknowledge(&mut self, item: u64) {
        self.acknowledged = self.acknowledged.max(item.min(self.next));
        while self.kept.front().is_some_and(|kept| kept.header.item < self.acknowledged) {
            self.kept.pop_front();
        }
    }
}
