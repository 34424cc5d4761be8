//! What the pending calls of a client share: its two endpoints, and what has come for each call.

use super::client_calls::Calls;
use super::error::{CallError, End};
use super::header::{self, Reason, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use super::response::Response;
use super::{LOOK_EVERY, MAX_WINDOW, nanoseconds};
use crate::endpoint::coarse_now_ns;
use crate::failpoint;
use crate::publisher::{PublishError, Publisher};
use crate::record::Payload;
use crate::registry::EndpointId;
use crate::subscriber::{RecvError, Sample, Sleep, Subscriber, Wait};
use std::collections::VecDeque;
use std::time::Duration;

/// How long a server is trusted to live that did so when it was last asked: asking is a system call.
/// By the coarse clock, so that it can be 10 ms. A call to one that has died meanwhile ends as one
/// whose server dies just after it.
const TRUST: Duration = Duration::from_millis(1);

/// How many bytes of a response its server may keep although all has come. Of more it is told.
const KEPT_UNTOLD: usize = 1024;

pub(super) struct ClientCore<Req: Payload + ?Sized, Res: Payload + ?Sized> {
    pub(super) service: String,
    pub(super) window: u32,
    pub(super) wait: Wait,
    pub(super) requests: Publisher<[Req::Part], RequestHeader>,
    pub(super) responses: Subscriber<[Res::Part], ResponseHeader>,
    pub(super) open: Calls<Response<Res>>,
    /// The servers that were found, and whose turn it is.
    servers: Vec<EndpointId>,
    /// How many endpoints had joined or left when the servers were last looked for.
    joins: u64,
    /// When it was last looked whether they live.
    trusted_ns: u64,
    turn: usize,
    /// How many responses were lost when this was last looked at.
    lost: u64,
    /// How many responses were sorted: what one task has sorted may be for another.
    pub(super) sorted: u64,
    /// When it was last looked whether the servers of open calls live.
    looked_ns: u64,
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
            open: Calls::new(),
            servers: Vec::new(),
            joins: 0,
            trusted_ns: 0,
            turn: 0,
            lost: 0,
            sorted: 0,
            looked_ns: coarse_now_ns(),
            owed: VecDeque::new(),
        }
    }

    /// Publishes a request to the server whose turn it is, and returns the number of the call.
    pub(super) fn begin(&mut self, request: &Req, deadline_ns: u64) -> Result<u64, CallError> {
        self.receive()?;
        if self.open.len() >= self.window as usize {
            return Err(CallError::Full { service: self.service.clone(), window: self.window });
        }
        debug_assert!(self.window <= MAX_WINDOW);
        let server = self.choose()?;
        let call = self.open.open(server, deadline_ns);
        let header = self.header(RequestKind::Request, server, call, deadline_ns, 0);
        match self.requests.try_publish_slice_with(&header, request.parts()) {
            Ok(_) => {
                failpoint::hit("call.sent");
                Ok(call)
            }
            Err(error) => {
                self.open.close(call);
                Err(error.into())
            }
        }
    }

    fn choose(&mut self) -> Result<EndpointId, CallError> {
        let (joins, now_ns) = (self.responses.joins(), coarse_now_ns());
        let has_changed = joins != self.joins || self.servers.is_empty();
        if has_changed || now_ns.saturating_sub(self.trusted_ns) >= nanoseconds(TRUST) {
            self.servers.retain(|&server| !has_changed && self.responses.is_alive(server));
            if self.servers.is_empty() {
                self.servers.extend(self.responses.publishers()?.iter().map(|peer| peer.id));
            }
            (self.joins, self.trusted_ns) = (joins, now_ns);
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
        let Some(open) = self.open.get_mut(header.call) else { return };
        if sample.publisher() != open.server || header.item != open.expected || open.end.is_some() {
            return; // what was lost is asked for, and what was repeated is known
        }
        open.expected += 1;
        // A call of one small item, as most are, needs no message that says that it has come.
        open.is_settled = header.kind != ResponseKind::Item
            && header.item == 0
            && size_of_val::<[Res::Part]>(&sample) <= KEPT_UNTOLD
            && open.deadline_ns != header::FOR_EVER;
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
        let again: Vec<_> = self
            .open
            .waiting()
            .map(|open| self.header(RequestKind::Repeat, open.server, open.call, open.deadline_ns, open.expected))
            .collect();
        self.owed.extend(again);
    }

    /// Takes an item, and acknowledges what was taken if that is half of the window.
    pub(super) fn take(&mut self, call: u64) -> Option<Response<Res>> {
        let open = self.open.get_mut(call)?;
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

    /// Ends a call: nothing arrives for it any more. Its server is told unless it knows.
    pub(super) fn forget(&mut self, call: u64) {
        let Some(open) = self.open.close(call) else { return };
        failpoint::hit("call.dropped");
        if !open.is_settled {
            let (server, deadline_ns, expected) = (open.server, open.deadline_ns, open.expected);
            self.owed.push_back(self.header(RequestKind::Cancel, server, call, deadline_ns, expected));
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
        let now_ns = coarse_now_ns();
        if now_ns.saturating_sub(self.looked_ns) < nanoseconds(LOOK_EVERY) {
            return Ok(());
        }
        self.looked_ns = now_ns;
        let calls: Vec<_> = self.open.waiting().map(|open| (open.call, open.server)).collect();
        for (call, server) in calls {
            if let (Some(end), Some(open)) = (self.end_of(server)?, self.open.get_mut(call)) {
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
        self.servers.retain(|&known| known != server); // the next call goes to another one
        self.receive()?;
        let replaced = self.responses.publishers()?.iter().any(|peer| peer.id != server);
        Ok(Some(if replaced { End::Replaced } else { End::Died }))
    }
}
