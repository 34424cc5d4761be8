//! What a server and its calls share: its two endpoints, and the state of each call.

use super::error::ServeError;
use super::header::{self, Reason, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use super::server_calls::{Calls, Kept, Key, Opening};
use super::{LOOK_EVERY, MAX_WINDOW, nanoseconds};
use crate::endpoint::coarse_now_ns;
use crate::failpoint;
use crate::publisher::Publisher;
use crate::record::{Body, Payload, bytes_of_all};
use crate::registry::{EndpointId, RegistryError};
use crate::subscriber::{RecvError, Sample, Sleep, Subscriber, Wait};
use crate::wait::EventFd;
use std::collections::VecDeque;

pub(super) type Request<Req> = Sample<[<Req as Body>::Part], RequestHeader>;

pub(super) struct ServerCore<Req: Payload + ?Sized, Res: Payload + ?Sized> {
    requests: Subscriber<[Req::Part], RequestHeader>,
    responses: Publisher<[Res::Part], ResponseHeader>,
    calls: Calls,
    queue: VecDeque<(Key, Request<Req>)>,
    /// A failure that was not returned yet.
    failure: Option<RecvError>,
    looked_ns: u64,
    /// What the coarse clock showed when it was last looked what has come.
    now_ns: u64,
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
        let (calls, queue) = (Calls::default(), VecDeque::new());
        Self {
            requests,
            responses,
            calls,
            queue,
            failure: None,
            looked_ns: 0,
            now_ns: coarse_now_ns(),
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
        while let Some((key, request)) = self.pop() {
            match self.check(key) {
                Ok(()) => {
                    failpoint::hit("serve.taken");
                    return Ok(Some((key, request)));
                }
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
        self.now_ns = coarse_now_ns();
        if self.now_ns.saturating_sub(self.looked_ns) >= nanoseconds(LOOK_EVERY) {
            let (requests, now_ns) = (&self.requests, self.now_ns);
            self.looked_ns = now_ns;
            self.calls.forget(|deadline| header::is_over_at(now_ns, deadline), |client| requests.is_alive(client));
        }
    }

    /// Takes the request that has waited longest to be returned.
    fn pop(&mut self) -> Option<(Key, Request<Req>)> {
        let (key, request) = self.queue.pop_front()?;
        if let Some(state) = self.calls.get_mut(key) {
            state.is_queued = false;
        }
        Some((key, request))
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
        while let Some((key, _)) = self.pop() {
            // Without memory for it the end of this server ends the call.
            let _ = self.end(key, ResponseKind::Refused, reason);
        }
    }

    fn sort(&mut self, sample: Request<Req>) {
        let header = *sample.header();
        let key = (sample.publisher(), header.call);
        if header.kind == RequestKind::Request
            && let Some(before) = self.calls.close_before(key)
        {
            self.drop_queued(before);
        }
        if !header::names(header.server, self.responses.id()) {
            return;
        }
        match header.kind {
            RequestKind::Request => self.open(key, header, sample),
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
        self.queue.retain(|&(queued, _)| queued != key);
    }

    fn open(&mut self, key: Key, header: RequestHeader, sample: Request<Req>) {
        let window = u64::from(header.window.clamp(1, MAX_WINDOW));
        if let Opening::Known = self.calls.open(key, header.deadline_ns, window) {
            return;
        }
        let reason = if self.is_closed {
            Reason::new(Reason::CLOSED, "the server takes no more calls")
        } else if Req::from_parts(&sample).is_none() {
            Reason::new(Reason::MALFORMED, "a request of this service is one element, not a slice")
        } else {
            if let Some(state) = self.calls.get_mut(key) {
                state.is_queued = true;
            }
            return self.queue.push_back((key, sample));
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
        if header::is_over_at(self.now_ns, state.deadline_ns) { Err(ServeError::Expired) } else { Ok(()) }
    }

    /// Returns whether the client takes another item of the call.
    pub(super) fn has_credit(&self, key: Key) -> bool {
        self.calls.get(key).is_some_and(|state| state.next - state.acknowledged < state.window)
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
        let Some(state) = self.calls.get_mut(key).filter(|state| !state.has_ended) else {
            return Err(ServeError::Cancelled);
        };
        let Reason { code, text } = reason;
        let header = ResponseHeader { client: key.0.halves(), call: key.1, item: state.next, kind, code, text };
        self.responses.publish_slice_with(&header, item)?;
        failpoint::hit("serve.sent");
        let bytes = self.calls.copy(bytes_of_all(item));
        let Some(state) = self.calls.get_mut(key) else { return Ok(()) };
        state.next += 1;
        state.has_ended = kind != ResponseKind::Item;
        state.kept.push_back(Kept { header, bytes, elements: item.len() });
        Ok(())
    }

    /// Publishes again what a client has missed.
    fn repeat(&mut self, key: Key, from: u64) {
        let Some(state) = self.calls.get(key) else { return };
        for Kept { header, bytes, elements } in state.kept.iter().filter(|kept| kept.header.item >= from) {
            // Without memory for it the client's deadline ends the call.
            if self.responses.publish_again(header, bytes, *elements).is_err() {
                return;
            }
        }
    }
}
