//! What a server and its calls share: its two endpoints, and the state of each call.

use super::error::ServeError;
use super::header::{self, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use super::{LOOK_EVERY, MAX_WINDOW};
use crate::publisher::{PublishError, Publisher};
use crate::registry::EndpointId;
use crate::schema::{ShmMessage, Str};
use crate::subscriber::{RecvError, Sample, Subscriber};
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Which call: the client, and the call's number among the client's.
pub(super) type Key = (EndpointId, u64);

pub(super) type Request<Req> = Sample<[Req], RequestHeader>;

/// A call that its client has not dropped.
struct State<Res> {
    deadline_ns: u64,
    window: u64,
    acknowledged: u64,
    /// What the client may not have received yet, to repeat it. The last one has the number
    /// `next - 1`.
    kept: VecDeque<(ResponseHeader, Option<Res>)>,
    next: u64,
    has_ended: bool,
}

pub(super) struct ServerCore<Req: ShmMessage, Res: ShmMessage + Copy> {
    requests: Subscriber<[Req], RequestHeader>,
    responses: Publisher<[Res], ResponseHeader>,
    calls: HashMap<Key, State<Res>>,
    queue: VecDeque<(Key, Request<Req>)>,
    /// A failure that was not returned yet.
    failure: Option<RecvError>,
    looked: Instant,
}

impl<Req: ShmMessage, Res: ShmMessage + Copy> ServerCore<Req, Res> {
    pub(super) fn new(requests: Subscriber<[Req], RequestHeader>, responses: Publisher<[Res], ResponseHeader>) -> Self {
        let (calls, queue) = (HashMap::new(), VecDeque::new());
        Self { requests, responses, calls, queue, failure: None, looked: Instant::now() }
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
                Err(ServeError::Expired) => self.end(key, ResponseKind::Expired, 0, Str::default())?,
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// Sorts what has come. Does not wait. Now and then forgets the calls of clients that have died.
    pub(super) fn receive(&mut self) {
        loop {
            match self.requests.try_recv() {
                Ok(Some(sample)) => self.sort(sample),
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

    /// Waits up to `time` for a message of any client.
    pub(super) fn wait(&mut self, time: Duration) {
        match self.requests.recv_timeout(time) {
            Ok(Some(sample)) => self.sort(sample),
            Ok(None) => {}
            Err(error) => self.failure = Some(error),
        }
        self.receive();
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
        if sample.len() != 1 || of_client >= MAX_WINDOW as usize || self.calls.contains_key(&key) {
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
        self.queue.push_back((key, sample));
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

    pub(super) fn is_alive(&self, client: EndpointId) -> bool {
        self.requests.is_alive(client)
    }

    pub(super) fn send(&mut self, key: Key, item: &Res) -> Result<(), ServeError> {
        self.respond(key, ResponseKind::Item, Some(*item), 0, Str::default())
    }

    pub(super) fn end(&mut self, key: Key, kind: ResponseKind, code: u32, text: Str<64>) -> Result<(), ServeError> {
        self.respond(key, kind, None, code, text)
    }

    fn respond(
        &mut self,
        key: Key,
        kind: ResponseKind,
        item: Option<Res>,
        code: u32,
        text: Str<64>,
    ) -> Result<(), ServeError> {
        let Some(state) = self.calls.get_mut(&key).filter(|state| !state.has_ended) else {
            return Err(ServeError::Cancelled);
        };
        let header = ResponseHeader { client: key.0.halves(), call: key.1, item: state.next, kind, code, text };
        publish(&mut self.responses, &header, item.as_ref())?;
        state.next += 1;
        state.has_ended = kind != ResponseKind::Item;
        state.kept.push_back((header, item));
        Ok(())
    }

    /// Publishes again what a client has missed.
    fn repeat(&mut self, key: Key, from: u64) {
        let Some(state) = self.calls.get(&key) else { return };
        for (header, item) in state.kept.iter().filter(|(header, _)| header.item >= from) {
            // Without memory for it the client's deadline ends the call.
            if publish(&mut self.responses, header, item.as_ref()).is_err() {
                return;
            }
        }
    }
}

fn publish<Res: ShmMessage>(
    responses: &mut Publisher<[Res], ResponseHeader>,
    header: &ResponseHeader,
    item: Option<&Res>,
) -> Result<(), PublishError> {
    let elements = item.map_or(&[][..], std::slice::from_ref);
    responses.publish_slice_with(header, elements).map(drop)
}

impl<Res> State<Res> {
    /// Forgets the items before `item`, which the client has.
    fn acknowledge(&mut self, item: u64) {
        self.acknowledged = self.acknowledged.max(item.min(self.next));
        while self.kept.front().is_some_and(|(header, _)| header.item < self.acknowledged) {
            self.kept.pop_front();
        }
    }
}
