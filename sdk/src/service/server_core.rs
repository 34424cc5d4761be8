//! What a server and its calls share: its two endpoints, and the state of each call.

use super::body::{Body, BodyPublisher, BodySample, BodySubscriber};
use super::error::ServeError;
use super::header::{self, Reason, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use super::outgoing::{self, Outgoing};
use super::server_calls::{Calls, Key, Opening};
use super::{LOOK_EVERY, MAX_WINDOW, nanoseconds};
use crate::endpoint::{NotLossless, coarse_now_ns};
use crate::failpoint;
use crate::publisher::{KeptMessage, PublishError};
use crate::record::Body as _;
use crate::registry::{EndpointId, RegistryError};
use crate::subscriber::{RecvError, Sleep, Wait};
use crate::wait::EventFd;
use std::collections::VecDeque;

pub(super) type Request<Req> = BodySample<Req, RequestHeader>;

pub(super) struct ServerCore<Req: Body + ?Sized, Res: Body + ?Sized> {
    requests: BodySubscriber<Req, RequestHeader>,
    responses: BodyPublisher<Res, ResponseHeader>,
    calls: Calls<KeptMessage>,
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

impl<Req: Body + ?Sized, Res: Body + ?Sized> ServerCore<Req, Res> {
    pub(super) fn new(
        wait: Wait,
        requests: BodySubscriber<Req, RequestHeader>,
        responses: BodyPublisher<Res, ResponseHeader>,
    ) -> Self {
        let (calls, queue) = (Calls::new(), VecDeque::new());
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
                // A client that this server has held up goes on without it: its calls expire.
                Err(RecvError::NotLossless { reason: NotLossless::Detached, .. }) => {}
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
        self.release();
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
        let header = *Req::envelope(sample.header());
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
        } else if Req::Content::from_parts(&sample).is_none() {
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

    /// Lends memory for an item.
    pub(super) fn lend<L>(&mut self, lend: impl FnOnce(&mut BodyPublisher<Res, ResponseHeader>) -> L) -> L {
        lend(&mut self.responses)
    }

    /// Sends an item: `Item`, or `Last`. Keeps it for the case that the client misses it.
    pub(super) fn send(
        &mut self,
        key: Key,
        kind: ResponseKind,
        item: &mut Outgoing<'_, Res, ResponseHeader>,
    ) -> Result<(), ServeError> {
        let header = self.header(key, kind, Reason::NONE)?;
        let kept = item.publish(&mut self.responses, header, BodyPublisher::<Res, _>::send_kept)?;
        self.sent(key, kind, kept);
        Ok(())
    }

    /// Sends the end of a response.
    pub(super) fn end(&mut self, key: Key, kind: ResponseKind, reason: Reason) -> Result<(), ServeError> {
        let header = self.header(key, kind, reason)?;
        let end = outgoing::empty::<Res, _>(&mut self.responses, header).map_err(PublishError::from)?;
        let kept = self.responses.send_kept(end).map_err(PublishError::from)?;
        self.sent(key, kind, kept);
        Ok(())
    }

    /// Returns the header of the next message of a response.
    fn header(&self, (client, call): Key, kind: ResponseKind, reason: Reason) -> Result<ResponseHeader, ServeError> {
        let state = self.calls.get((client, call)).filter(|state| !state.has_ended).ok_or(ServeError::Cancelled)?;
        let Reason { code, text } = reason;
        Ok(ResponseHeader { client: client.halves(), call, item: state.next, kind, code, text })
    }

    fn sent(&mut self, key: Key, kind: ResponseKind, kept: KeptMessage) {
        failpoint::hit("serve.sent");
        let Some(state) = self.calls.get_mut(key) else { return self.responses.release(kept) };
        state.next += 1;
        state.has_ended = kind != ResponseKind::Item;
        state.kept.push_back(kept);
    }

    /// Gives back the memory of what clients have received.
    fn release(&mut self) {
        for kept in self.calls.done.drain(..) {
            self.responses.release(kept);
        }
    }

    /// Publishes again what a client has missed.
    fn repeat(&mut self, key: Key, from: u64) {
        let Some(state) = self.calls.get(key) else { return };
        let first = state.next - state.kept.len() as u64;
        let known = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
        for kept in state.kept.iter().skip(known) {
            // If it cannot be published the client's deadline ends the call.
            if self.responses.send_again(kept).is_err() {
                return;
            }
        }
    }
}
