//! What the pending calls of a client share: its two endpoints, and what has come for each call.

use super::LOOK_EVERY;
use super::error::CallError;
use super::header::{self, Reason, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use super::response::Response;
use crate::publisher::{PublishError, Publisher};
use crate::record::Payload;
use crate::registry::EndpointId;
use crate::subscriber::{RecvError, Sample, Sleep, Subscriber, Wait};
use std::collections::{HashMap, VecDeque};
use std::time::Instant;
/// How a call has ended.
#[derive(Clone, Copy)]
pub(super) enum End {
    Done,
    Refused(Reason),
    Expired,
    Died,
    Replaced,
    /// The server has sent an item of this many elements.
    Malformed(usize),
}

/// A call that was made and not dropped.
pub(super) struct Open<Res: Payload + ?Sized> {
    pub(super) server: EndpointId,
    pub(super) deadline_ns: u64,
    /// The items that were received and not taken.
    pub(super) items: VecDeque<Response<Res>>,
    /// The number of the next message of the response.
    expected: u64,
    taken: u64,
    acknowledged: u64,
    pub(super) end: Option<End>,
}

pub(super) struct ClientCore<Req: Payload + ?Sized, Res: Payload + ?Sized> {
    pub(super) service: String,
    pub(super) window: u32,
    pub(super) wait: Wait,
    pub(super) requests: Publisher<[Req::Part], RequestHeader>,
    pub(super) responses: Subscriber<[Res::Part], ResponseHeader>,
    pub(super) open: HashMap<u64, Open<Res>>,
    next_call: u64,
    /// The servers that were found, and whose turn it is.
    servers: Vec<EndpointId>,
    turn: usize,
    /// How many responses were lost when this was last looked at.
    lost: u64,
    /// How many responses were sorted: what one task has sorted may be for another.
    pub(super) sorted: u64,
    /// When it was last looked whether servers live.
    looked: Instant,
    /// What could not be published at once.
    owed: VecDeque<RequestHeader>,
}

impl<Req: Payload + ?Sized, Res: Payload + ?Sized> ClientCore<Req, Res> {
    pub(super) fn new(
        service: String,
        window: u32,
        wait: Wait,
        requests: Publisher<[Req::Part], RequestHeader>,
        responses: Subscriber<[Res::Part], ResponseHeader>,
    ) -> Self {
        Self {
            service,
            window,
            wait,
            requests,
            responses,
            open: HashMap::new(),
            next_call: 0,
            servers: Vec::new(),
            turn: 0,
            lost: 0,
            sorted: 0,
            looked: Instant::now(),
            owed: VecDeque::new(),
        }
    }

    /// Publishes a request to the server whose turn it is, and returns the number of the call.
    pub(super) fn begin(&mut self, request: &Req, deadline_ns: u64) -> Result<u64, CallError> {
        self.receive()?;
        if self.open.len() >= self.window as usize {
            return Err(CallError::Full { service: self.service.clone(), window: self.window });
        }
        let server = self.choose()?;
        let call = self.next_call;
        let header = self.header(RequestKind::Request, server, call, deadline_ns, 0);
        self.requests.try_publish_slice_with(&header, request.parts())?;
        self.next_call += 1;
        let items = VecDeque::new();
        self.open.insert(call, Open { server, deadline_ns, items, expected: 0, taken: 0, acknowledged: 0, end: None });
        Ok(call)
    }

    fn choose(&mut self) -> Result<EndpointId, CallError> {
        self.servers.retain(|&server| self.responses.is_alive(server));
        if self.servers.is_empty() {
            self.servers = self.responses.publishers()?.iter().map(|peer| peer.id).collect();
        }
        self.turn = self.turn.wrapping_add(1);
        match self.servers.len() {
            0 => Err(CallError::NoServer { service: self.service.clone() }),
            count => Ok(self.servers[self.turn % count]),
        }
    }

    fn header(&self, kind: RequestKind, server: EndpointId, call: u64, deadline_ns: u64, item: u64) -> RequestHeader {
        RequestHeader { server: server.halves(), call, deadline_ns, item, window: self.window, kind }
    }

    /// Sorts what has come into the calls. Does not wait.
    pub(super) fn receive(&mut self) -> Result<(), RecvError> {
        while let Some(sample) = self.responses.try_recv()? {
            self.sorted = self.sorted.wrapping_add(1);
            self.sort(sample);
        }
        self.pay();
        Ok(())
    }

    /// Prepares to sleep until a response to any call may have come, without the lock. What has come
    /// meanwhile is sorted: look for it before sleeping.
    pub(super) fn prepare_to_sleep(&mut self) -> Result<Sleep, RecvError> {
        let sleep = self.responses.prepare_to_sleep();
        self.receive()?;
        Ok(sleep)
    }

    fn sort(&mut self, sample: Sample<[Res::Part], ResponseHeader>) {
        let lost = self.responses.lost();
        if lost != self.lost {
            self.lost = lost;
            self.ask_again();
        }
        let header = *sample.header();
        if !header::names(header.client, self.requests.id()) {
            return;
        }
        let Some(open) = self.open.get_mut(&header.call) else { return };
        if sample.publisher() != open.server || header.item != open.expected || open.end.is_some() {
            return; // what was lost is asked for, and what was repeated is known
        }
        open.expected += 1;
        match header.kind {
            ResponseKind::Item | ResponseKind::Last => match Response::new(sample) {
                Ok(item) => {
                    open.items.push_back(item);
                    open.end = (header.kind == ResponseKind::Last).then_some(End::Done);
                }
                Err(elements) => open.end = Some(End::Malformed(elements)),
            },
            ResponseKind::End => open.end = Some(End::Done),
            ResponseKind::Refused => open.end = Some(End::Refused(Reason { code: header.code, text: header.text })),
            ResponseKind::Expired => open.end = Some(End::Expired),
        }
    }

    /// Asks for all that may have been lost.
    fn ask_again(&mut self) {
        let waiting = self.open.iter().filter(|(_, open)| open.end.is_none());
        let again: Vec<_> = waiting
            .map(|(&call, open)| self.header(RequestKind::Repeat, open.server, call, open.deadline_ns, open.expected))
            .collect();
        self.owed.extend(again);
    }

    /// Takes an item, and acknowledges what was taken if that is half of the window.
    pub(super) fn take(&mut self, call: u64) -> Option<Response<Res>> {
        let open = self.open.get_mut(&call)?;
        let item = open.items.pop_front()?;
        open.taken += 1;
        if open.taken - open.acknowledged >= u64::from(self.window.div_ceil(2)) {
            open.acknowledged = open.taken;
            let (server, deadline_ns, taken) = (open.server, open.deadline_ns, open.taken);
            self.owed.push_back(self.header(RequestKind::Acknowledge, server, call, deadline_ns, taken));
            self.pay();
        }
        Some(item)
    }

    /// Ends a call: nothing arrives for it any more, and its server is told.
    pub(super) fn forget(&mut self, call: u64) {
        if let Some(open) = self.open.remove(&call) {
            self.owed.push_back(self.header(RequestKind::Cancel, open.server, call, open.deadline_ns, open.expected));
            self.pay();
        }
    }

    /// Publishes what is owed, as far as that is possible without waiting.
    fn pay(&mut self) {
        while let Some(header) = self.owed.front() {
            match self.requests.try_publish_slice_with(header, &[]) {
                Err(PublishError::Full { .. }) => return,
                _ => self.owed.pop_front(),
            };
        }
    }

    /// Ends the calls whose servers have ended. Looks at most once in [`LOOK_EVERY`]: each look is a
    /// system call for each server.
    pub(super) fn look_for_ended(&mut self) -> Result<(), RecvError> {
        if self.looked.elapsed() < LOOK_EVERY {
            return Ok(());
        }
        self.looked = Instant::now();
        let waiting = self.open.iter().filter(|(_, open)| open.end.is_none());
        let calls: Vec<_> = waiting.map(|(&call, open)| (call, open.server)).collect();
        for (call, server) in calls {
            if let (Some(end), Some(open)) = (self.end_of(server)?, self.open.get_mut(&call)) {
                open.end.get_or_insert(end);
            }
        }
        Ok(())
    }

    /// Returns how a call has ended whose server has, after all that it has sent was received.
    fn end_of(&mut self, server: EndpointId) -> Result<Option<End>, RecvError> {
        if self.responses.is_alive(server) {
            return Ok(None);
        }
        self.receive()?;
        let replaced = self.responses.publishers()?.iter().any(|peer| peer.id != server);
        Ok(Some(if replaced { End::Replaced } else { End::Died }))
    }
}
