//! What the pending calls of a client share: its two endpoints, and what has come for each call.

use super::body::{Body, BodyPublisher, BodySample, BodySubscriber};
use super::client_calls::Calls;
use super::client_servers::Servers;
use super::error::{CallError, End};
use super::header::{self, Reason, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use super::outgoing::{self, Outgoing};
use super::response::Response;
use super::{LOOK_EVERY, MAX_WINDOW, PATIENCE, nanoseconds};
use crate::endpoint::coarse_now_ns;
use crate::failpoint;
use crate::publisher::PublishError;
use crate::registry::EndpointId;
use crate::subscriber::{RecvError, Sleep, Wait};
use std::collections::VecDeque;
use std::time::Duration;

/// How long a server is trusted to live that did so when it was last asked: asking is a system call.
/// By the coarse clock, so that it can be 10 ms. A call to one that has died meanwhile ends as one
/// whose server dies just after it.
const TRUST: Duration = Duration::from_millis(1);

/// How many bytes of a response its server may keep although all has come. Of more it is told.
const KEPT_UNTOLD: usize = 1024;

pub(super) struct ClientCore<Req: Body + ?Sized, Res: Body + ?Sized> {
    pub(super) service: String,
    pub(super) window: u32,
    pub(super) wait: Wait,
    pub(super) requests: BodyPublisher<Req, RequestHeader>,
    pub(super) responses: BodySubscriber<Res, ResponseHeader>,
    pub(super) open: Calls<Response<Res>>,
    servers: Servers,
    /// How many endpoints had joined or left when the servers were last looked for.
    joins: u64,
    /// When it was last looked whether they live.
    trusted_ns: u64,
    /// Since when a server that does not read holds up calls.
    full_since_ns: Option<u64>,
    /// How many responses were lost when this was last looked at.
    lost: u64,
    /// How many responses were sorted: what one task has sorted may be for another.
    pub(super) sorted: u64,
    /// When it was last looked whether the servers of open calls live.
    looked_ns: u64,
    /// What could not be published at once.
    owed: VecDeque<RequestHeader>,
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> ClientCore<Req, Res> {
    pub(super) fn new(
        service: String,
        window: u32,
        wait: Wait,
        requests: BodyPublisher<Req, RequestHeader>,
        responses: BodySubscriber<Res, ResponseHeader>,
    ) -> Self {
        Self {
            service,
            window,
            wait,
            requests,
            responses,
            open: Calls::new(),
            servers: Servers::default(),
            joins: 0,
            trusted_ns: 0,
            full_since_ns: None,
            lost: 0,
            sorted: 0,
            looked_ns: coarse_now_ns(),
            owed: VecDeque::new(),
        }
    }

    /// Publishes a request to the server whose turn it is, and returns the number of the call.
    pub(super) fn begin(
        &mut self,
        request: &mut Outgoing<'_, Req, RequestHeader>,
        deadline_ns: u64,
    ) -> Result<u64, CallError> {
        self.receive()?;
        if self.open.len() >= self.window as usize {
            return Err(CallError::Full { service: self.service.clone(), window: self.window });
        }
        debug_assert!(self.window <= MAX_WINDOW);
        let server = self.choose()?;
        let call = self.open.open(server, deadline_ns);
        let header = self.header(RequestKind::Request, server, call, deadline_ns, 0);
        let publish =
            if self.leaves_behind() { BodyPublisher::<Req, _>::send } else { BodyPublisher::<Req, _>::try_send };
        match request.publish(&mut self.requests, header, publish) {
            Ok(_) => {
                failpoint::hit("call.sent");
                self.full_since_ns = None;
                Ok(call)
            }
            Err(error) => {
                if matches!(error, PublishError::Full { .. }) {
                    self.full_since_ns.get_or_insert_with(coarse_now_ns);
                }
                self.open.close(call);
                Err(error.into())
            }
        }
    }

    /// Returns whether calls go on without a server that has not read for so long, if there are others:
    /// what it has not read is lost to it.
    fn leaves_behind(&self) -> bool {
        let patience = nanoseconds(PATIENCE);
        self.full_since_ns.is_some_and(|since| coarse_now_ns().saturating_sub(since) >= patience)
            && self.servers.len() > 1
    }

    fn choose(&mut self) -> Result<EndpointId, CallError> {
        let (joins, now_ns) = (self.responses.joins(), coarse_now_ns());
        let has_changed = joins != self.joins || self.servers.len() == 0;
        if has_changed || now_ns.saturating_sub(self.trusted_ns) >= nanoseconds(TRUST) {
            let responses = &mut self.responses;
            if !has_changed {
                self.servers.retain(|server| responses.is_alive(server));
            }
            if has_changed || self.servers.len() == 0 {
                let present: Vec<_> = responses.publishers()?.iter().map(|peer| peer.id).collect();
                self.servers.update(&present);
            }
            (self.joins, self.trusted_ns) = (joins, now_ns);
        }
        let server = self.servers.choose(now_ns);
        server.ok_or_else(|| CallError::NoServer { service: self.service.clone() })
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

    fn sort(&mut self, sample: BodySample<Res, ResponseHeader>) {
        let lost = self.responses.lost();
        if lost != self.lost {
            self.lost = lost;
            self.ask_again();
        }
        self.servers.note_heard(sample.publisher());
        let header = *Res::envelope(sample.header());
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
            let message = outgoing::empty::<Req, _>(&mut self.requests, *header);
            let sent = message.map_err(PublishError::from).and_then(|message| Ok(self.requests.try_send(message)?));
            if matches!(sent, Err(PublishError::Full { .. })) {
                return;
            }
            self.owed.pop_front();
        }
    }

    /// Ends a call whose deadline has passed.
    pub(super) fn expire(&mut self, call: u64) {
        let Some(open) = self.open.get_mut(call).filter(|open| open.end.is_none()) else { return };
        open.end = Some(End::Expired);
        if open.expected == 0 {
            self.servers.note_silent(open.server, coarse_now_ns());
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
        self.servers.retain(|known| known != server); // the next call goes to another one
        self.receive()?;
        let replaced = self.responses.publishers()?.iter().any(|peer| peer.id != server);
        Ok(Some(if replaced { End::Replaced } else { End::Died }))
    }
}
