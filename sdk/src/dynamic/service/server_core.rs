//! What a server and its calls share: its two endpoints, and the state of each call. See
//! `service::server_core`, which does the same with types.

use super::error::ServerError;
use super::frame::{Frame, request_header};
use super::item::Item;
use crate::dynamic::{PublishError, Publisher, Sample, Subscriber};
use crate::endpoint::{NotLossless, coarse_now_ns};
use crate::registry::{EndpointId, RegistryError};
use crate::schema::InvalidValue;
use crate::service::header::{is_over_at, names};
use crate::service::server_calls::{Calls, Key, Opening};
use crate::service::{
    LOOK_EVERY, MAX_WINDOW, Reason, RequestHeader, RequestKind, ResponseHeader, ResponseKind, ServeError, nanoseconds,
};
use crate::subscriber::{RecvError, Sleep};
use crate::wait::EventFd;
use std::collections::VecDeque;

/// A request that waits to be returned, and when it expires.
pub(super) struct Queued {
    pub(super) key: Key,
    pub(super) request: Item,
    pub(super) deadline_ns: u64,
}

/// A message that was sent and can be sent again.
struct Kept {
    header: ResponseHeader,
    item: Vec<u8>,
}

pub(super) struct ServerCore {
    pub(super) request: Frame,
    pub(super) response: Frame,
    requests: Subscriber,
    responses: Publisher,
    calls: Calls<Kept>,
    queue: VecDeque<Queued>,
    /// A failure that was not returned yet.
    failure: Option<RecvError>,
    looked_ns: u64,
    /// What the coarse clock showed when it was last looked what has come.
    now_ns: u64,
    is_closed: bool,
    message: Vec<u8>,
    /// How many messages were sorted.
    pub(super) received: u64,
}

impl ServerCore {
    pub(super) fn new((request, requests): (Frame, Subscriber), (response, responses): (Frame, Publisher)) -> Self {
        Self {
            request,
            response,
            requests,
            responses,
            calls: Calls::new(),
            queue: VecDeque::new(),
            failure: None,
            looked_ns: 0,
            now_ns: coarse_now_ns(),
            is_closed: false,
            message: Vec::new(),
            received: 0,
        }
    }

    /// Returns the next request that has neither expired nor been cancelled.
    pub(super) fn next(&mut self) -> Result<Option<Queued>, ServerError> {
        self.receive();
        if let Some(failure) = self.failure.take() {
            return Err(ServeError::from(failure).into());
        }
        while let Some(queued) = self.pop() {
            match self.check(queued.key) {
                Ok(()) => return Ok(Some(queued)),
                Err(ServeError::Expired) => self.end(queued.key, ResponseKind::Expired, Reason::NONE)?,
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
                    self.received = self.received.wrapping_add(1);
                    if let Err(invalid) = self.request.whole.validate(sample.bytes()) {
                        self.failure = self.invalid(&sample, invalid);
                        break;
                    }
                    self.sort(sample);
                }
                Ok(None) => break,
                // A client that this server has held up goes on without it: its calls expire.
                Err(RecvError::NotLossless { reason: NotLossless::Detached, .. }) => {}
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            }
        }
        self.calls.done.clear();
        self.now_ns = coarse_now_ns();
        if self.now_ns.saturating_sub(self.looked_ns) >= nanoseconds(LOOK_EVERY) {
            let (requests, now_ns) = (&self.requests.core, self.now_ns);
            self.looked_ns = now_ns;
            self.calls.forget(|deadline| is_over_at(now_ns, deadline), |client| requests.is_alive(client));
        }
    }

    /// Returns what a message that is not valid is reported as, if its client is known.
    fn invalid(&mut self, sample: &Sample, invalid: InvalidValue) -> Option<RecvError> {
        let clients = self.requests.publishers().ok()?;
        let publisher = Box::new(clients.into_iter().find(|peer| peer.id == sample.publisher())?);
        let (topic, invalid) = (self.requests.topic().clone(), Box::new(invalid));
        Some(RecvError::Invalid { topic, publisher, sequence: sample.sequence(), invalid })
    }

    /// Takes the request that has waited longest to be returned.
    fn pop(&mut self) -> Option<Queued> {
        let queued = self.queue.pop_front()?;
        if let Some(state) = self.calls.get_mut(queued.key) {
            state.is_queued = false;
        }
        Some(queued)
    }

    /// Prepares to sleep until a message of any client may have come, without the lock. What has come
    /// meanwhile is sorted: look for it before sleeping.
    pub(super) fn prepare_to_sleep(&mut self) -> Sleep {
        let sleep = self.requests.core.prepare_to_sleep();
        self.receive();
        sleep
    }

    /// Accepts no more calls, and refuses those that were not returned. Those that were go on.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        while let Some(queued) = self.pop() {
            // Without memory for it the end of this server ends the call.
            let _ = self.end(queued.key, ResponseKind::Refused, closed());
        }
    }

    /// Takes a message of a client, which is valid.
    fn sort(&mut self, sample: Sample) {
        let header = request_header(sample.bytes());
        let key = (sample.publisher(), header.call);
        if header.kind == RequestKind::Request
            && let Some(before) = self.calls.close_before(key)
        {
            self.drop_queued(before);
        }
        if !names(header.server, self.responses.id()) {
            return;
        }
        match header.kind {
            RequestKind::Request => self.open(key, &header, sample),
            RequestKind::Cancel => {
                if self.calls.close(key) {
                    self.drop_queued(key);
                }
            }
            RequestKind::Acknowledge => self.calls.acknowledge(key, header.item),
            RequestKind::Repeat => self.repeat(key, header.item),
        }
    }

    /// Drops the request of a call that has ended before it was returned: it is in the client's
    /// memory.
    fn drop_queued(&mut self, key: Key) {
        self.queue.retain(|queued| queued.key != key);
    }

    fn open(&mut self, key: Key, header: &RequestHeader, sample: Sample) {
        let (deadline_ns, window) = (header.deadline_ns, u64::from(header.window.clamp(1, MAX_WINDOW)));
        if let Opening::Known = self.calls.open(key, deadline_ns, window) {
            return;
        }
        let request = Item::new(sample, &self.request);
        let reason = if self.is_closed {
            closed()
        } else if !self.request.fits(request.bytes().len()) {
            Reason::new(Reason::MALFORMED, "a request of this service is one element, not a slice")
        } else {
            if let Some(state) = self.calls.get_mut(key) {
                state.is_queued = true;
            }
            return self.queue.push_back(Queued { key, request, deadline_ns });
        };
        // Without memory for it the client's deadline ends the call.
        let _ = self.end(key, ResponseKind::Refused, reason);
    }

    /// Returns whether a call or a failure waits to be returned.
    pub(super) fn has_waiting(&self) -> bool {
        self.failure.is_some() || !self.queue.is_empty()
    }

    /// Returns whether the call is still wanted. The caller has received just before.
    pub(super) fn check(&self, key: Key) -> Result<(), ServeError> {
        let Some(state) = self.calls.get(key) else { return Err(ServeError::Cancelled) };
        if is_over_at(self.now_ns, state.deadline_ns) { Err(ServeError::Expired) } else { Ok(()) }
    }

    /// Returns whether the client takes another item of the call.
    pub(super) fn has_credit(&self, key: Key) -> bool {
        self.calls.get(key).is_some_and(|state| state.next - state.acknowledged < state.window)
    }

    pub(super) fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.requests.event_fd()
    }

    pub(super) fn is_alive(&self, client: EndpointId) -> bool {
        self.requests.core.is_alive(client)
    }

    /// Sends an item, which is valid: `Item`, or `Last`.
    pub(super) fn send(&mut self, key: Key, kind: ResponseKind, item: &[u8]) -> Result<(), ServerError> {
        self.respond(key, kind, item, Reason::NONE)
    }

    pub(super) fn end(&mut self, key: Key, kind: ResponseKind, reason: Reason) -> Result<(), ServerError> {
        self.respond(key, kind, &[], reason)
    }

    fn respond(&mut self, key: Key, kind: ResponseKind, item: &[u8], reason: Reason) -> Result<(), ServerError> {
        let Some(state) = self.calls.get_mut(key).filter(|state| !state.has_ended) else {
            return Err(ServeError::Cancelled.into());
        };
        let Reason { code, text } = reason;
        let header = ResponseHeader { client: key.0.halves(), call: key.1, item: state.next, kind, code, text };
        self.publish(&header, item)?;
        let item = item.to_vec();
        let Some(state) = self.calls.get_mut(key) else { return Ok(()) };
        state.next += 1;
        state.has_ended = kind != ResponseKind::Item;
        state.kept.push_back(Kept { header, item });
        Ok(())
    }

    fn publish(&mut self, header: &ResponseHeader, item: &[u8]) -> Result<(), ServerError> {
        self.response.write(&mut self.message, header, item);
        match self.responses.publish_bytes(&self.message) {
            Ok(_) => Ok(()),
            Err(PublishError::Publish(error)) => Err(ServeError::from(error).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Publishes again what a client has missed.
    fn repeat(&mut self, key: Key, from: u64) {
        let Some(state) = self.calls.get(key) else { return };
        for Kept { header, item } in state.kept.iter().filter(|kept| kept.header.item >= from) {
            self.response.write(&mut self.message, header, item);
            // Without memory for it the client's deadline ends the call.
            if self.responses.publish_bytes(&self.message).is_err() {
                return;
            }
        }
    }
}

fn closed() -> Reason {
    Reason::new(Reason::CLOSED, "the server takes no more calls")
}
