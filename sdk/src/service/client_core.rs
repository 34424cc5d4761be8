//! What the pending calls of a client share: its two endpoints, and what has come for each call.

use super::error::CallError;
use super::header::{self, Reason, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use super::response::Response;
use crate::publisher::{PublishError, Publisher};
use crate::registry::EndpointId;
use crate::schema::ShmMessage;
use crate::subscriber::{RecvError, Sample, Subscriber};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// How a call has ended.
#[derive(Clone, Copy)]
pub(super) enum End {
    Done,
    Refused(Reason),
    Expired,
    Died,
    Replaced,
    /// The server has sent an item of so many elements.
    Malformed(usize),
}

/// A call that was made and not dropped.
pub(super) struct Open<Res: ShmMessage> {
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

pub(super) struct ClientCore<Req: ShmMessage, Res: ShmMessage> {
    pub(super) service: String,
    pub(super) window: u32,
    pub(super) requests: Publisher<[Req], RequestHeader>,
    pub(super) responses: Subscriber<[Res], ResponseHeader>,
    pub(super) open: HashMap<u64, Open<Res>>,
    next_call: u64,
    /// The servers that were found, and whose turn it is.
    servers: Vec<EndpointId>,
    turn: usize,
    /// How many responses were lost when this was last looked at.
    lost: u64,
    /// What could not be published at once.
    owed: VecDeque<RequestHeader>,
}

impl<Req: ShmMessage, Res: ShmMessage> ClientCore<Req, Res> {
    pub(super) fn new(
        service: String,
        window: u32,
        requests: Publisher<[Req], RequestHeader>,
        responses: Subscriber<[Res], ResponseHeader>,
    ) -> Self {
        Self {
            service,
            window,
            requests,
            responses,
            open: HashMap::new(),
            next_call: 0,
            servers: Vec::new(),
            turn: 0,
            lost: 0,
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
        self.requests.publish_slice_with(&header, std::slice::from_ref(request))?;
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
            self.sort(sample);
        }
        self.pay();
        Ok(())
    }

    /// Waits up to `time` for a response to any call.
    pub(super) fn wait(&mut self, time: Duration) -> Result<(), RecvError> {
        if let Some(sample) = self.responses.recv_timeout(time)? {
            self.sort(sample);
        }
        self.receive()
    }

    fn sort(&mut self, sample: Sample<[Res], ResponseHeader>) {
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
            ResponseKind::Item => match Response::new(sample) {
                Ok(item) => open.items.push_back(item),
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

    /// Returns how a call has ended whose server has, after all that it has sent was received.
    pub(super) fn end_of(&mut self, server: EndpointId) -> Result<Option<End>, RecvError> {
        if self.responses.is_alive(server) {
            return Ok(None);
        }
        self.receive()?;
        let replaced = self.responses.publishers()?.iter().any(|peer| peer.id != server);
        Ok(Some(if replaced { End::Replaced } else { End::Died }))
    }
}
