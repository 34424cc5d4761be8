//! What the pending calls of a client share: its two endpoints, and what has come for each call. See
//! `service::client_core`, which does the same with types.

use super::error::ClientError;
use super::frame::{Frame, response_header};
use super::item::Item;
use crate::dynamic::{PublishError, Publisher, Subscriber};
use crate::endpoint::coarse_now_ns;
use crate::publisher;
use crate::registry::{EndpointId, RegistryError};
use crate::service::client_calls::Calls;
use crate::service::client_servers::Servers;
use crate::service::header::names;
use crate::service::{
    CallError, End, LOOK_EVERY, PATIENCE, Reason, RequestHeader, RequestKind, ResponseHeader, ResponseKind, nanoseconds,
};
use crate::subscriber::{RecvError, Sleep};
use crate::wait::EventFd;
use std::collections::VecDeque;
use std::time::Duration;

pub(super) struct ClientCore {
    pub(super) service: String,
    pub(super) window: u32,
    pub(super) request: Frame,
    pub(super) response: Frame,
    requests: Publisher,
    responses: Subscriber,
    pub(super) open: Calls<Item>,
    /// The servers that were found, and whose turn it is.
    servers: Servers,
    /// Since when a server that does not read holds up calls.
    full_since_ns: Option<u64>,
    lost: u64,
    /// When it was last checked which servers live.
    looked_ns: u64,
    /// What servers are to be told.
    owed: VecDeque<RequestHeader>,
    message: Vec<u8>,
    /// How many messages were sorted.
    pub(super) received: u64,
}

impl ClientCore {
    pub(super) fn new(
        service: String,
        window: u32,
        (request, requests): (Frame, Publisher),
        (response, responses): (Frame, Subscriber),
    ) -> Self {
        Self {
            service,
            window,
            request,
            response,
            requests,
            responses,
            open: Calls::new(),
            servers: Servers::default(),
            full_since_ns: None,
            lost: 0,
            looked_ns: coarse_now_ns(),
            owed: VecDeque::new(),
            message: Vec::new(),
            received: 0,
        }
    }

    /// Sends a request to the server whose turn it is. Returns the number of the call.
    pub(super) fn begin(&mut self, request: &[u8], deadline_ns: u64) -> Result<u64, ClientError> {
        self.receive()?;
        if self.open.len() >= self.window as usize {
            return Err(CallError::Full { service: self.service.clone(), window: self.window }.into());
        }
        let present: Vec<_> = self.responses.publishers()?.iter().map(|peer| peer.id).collect();
        self.servers.update(&present);
        let server = self.servers.choose(coarse_now_ns());
        let server = server.ok_or_else(|| CallError::NoServer { service: self.service.clone() })?;
        let call = self.open.open(server, deadline_ns);
        let header = self.header(RequestKind::Request, server, call, deadline_ns, 0);
        self.publish(&header, request).map(|()| call).inspect_err(|_| {
            self.open.close(call);
        })
    }

    fn publish(&mut self, header: &RequestHeader, elements: &[u8]) -> Result<(), ClientError> {
        self.request.write(&mut self.message, header, elements);
        let requests = &mut self.requests;
        // With others, calls go on without a server that has not read for long: the rest is lost to it.
        let is_over = |since: u64| coarse_now_ns().saturating_sub(since) >= nanoseconds(PATIENCE);
        let published = if self.full_since_ns.is_some_and(is_over) && self.servers.len() > 1 {
            requests.publish_bytes(&self.message)
        } else {
            requests.try_publish_bytes(&self.message)
        };
        match published {
            Ok(_) => {
                self.full_since_ns = None;
                Ok(())
            }
            Err(PublishError::Publish(error)) => {
                if matches!(error, publisher::PublishError::Full { .. }) {
                    self.full_since_ns.get_or_insert_with(coarse_now_ns);
                }
                Err(CallError::from(error).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn header(&self, kind: RequestKind, server: EndpointId, call: u64, deadline_ns: u64, item: u64) -> RequestHeader {
        RequestHeader { server: server.halves(), call, deadline_ns, item, window: self.window, kind }
    }

    /// Sorts what has come. Does not wait.
    pub(super) fn receive(&mut self) -> Result<(), ClientError> {
        while let Some(sample) = self.responses.try_recv()? {
            self.received = self.received.wrapping_add(1);
            let valid = self.response.whole.validate(sample.bytes());
            valid.map_err(|reason| ClientError::Invalid { service: self.service.clone(), reason })?;
            self.ask_again();
            self.servers.note_heard(sample.publisher());
            let header = response_header(sample.bytes());
            if names(header.client, self.requests.id()) {
                self.sort(sample.publisher(), &header, Item::new(sample, &self.response));
            }
        }
        self.pay();
        Ok(())
    }

    /// Prepares to sleep until a message of any server may have come. What has come meanwhile is
    /// sorted: look for it before sleeping.
    pub(super) fn prepare_to_sleep(&mut self) -> Result<Sleep, ClientError> {
        let sleep = self.responses.core.prepare_to_sleep();
        self.receive()?;
        Ok(sleep)
    }

    /// Keeps an item for its call, or notes how that has ended.
    fn sort(&mut self, server: EndpointId, header: &ResponseHeader, item: Item) {
        let Some(open) = self.open.get_mut(header.call) else { return };
        if server != open.server || header.item != open.expected || open.end.is_some() {
            return; // what was lost is asked for, and what was repeated is known
        }
        open.expected += 1;
        match header.kind {
            ResponseKind::Item | ResponseKind::Last if !self.response.fits(item.bytes().len()) => {
                open.end = Some(End::Malformed(item.bytes().len() / self.response.element));
            }
            ResponseKind::Item | ResponseKind::Last => {
                open.items.push_back(item);
                open.end = (header.kind == ResponseKind::Last).then_some(End::Done);
            }
            ResponseKind::End => open.end = Some(End::Done),
            ResponseKind::Refused => open.end = Some(End::Refused(Reason { code: header.code, text: header.text })),
            ResponseKind::Expired => open.end = Some(End::Expired),
        }
    }

    /// Asks for what was lost, if anything was.
    fn ask_again(&mut self) {
        let lost = self.responses.lost();
        if lost == self.lost {
            return;
        }
        self.lost = lost;
        let again: Vec<_> = self
            .open
            .waiting()
            .map(|open| self.header(RequestKind::Repeat, open.server, open.call, open.deadline_ns, open.expected))
            .collect();
        self.owed.extend(again);
    }

    /// Takes the next item of a call. The server is told, so that it sends more.
    pub(super) fn take(&mut self, call: u64) -> Option<Item> {
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

    /// Forgets a call. Nothing comes for it any more, and its server is told.
    pub(super) fn forget(&mut self, call: u64) {
        let Some(open) = self.open.close(call) else { return };
        let (server, deadline_ns, expected) = (open.server, open.deadline_ns, open.expected);
        self.owed.push_back(self.header(RequestKind::Cancel, server, call, deadline_ns, expected));
        self.pay();
    }

    /// Tells servers what they are to be told, as far as that is possible now.
    fn pay(&mut self) {
        while let Some(header) = self.owed.pop_front() {
            // One that cannot be told for another reason sees the deadline, or that this client ends.
            if let Err(ClientError::Call(CallError::Publish(publisher::PublishError::Full { .. }))) =
                self.publish(&header, &[])
            {
                return self.owed.push_front(header);
            }
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

    /// Ends calls whose servers have ended.
    pub(super) fn look_for_ended(&mut self) -> Result<(), ClientError> {
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

    /// Returns how the calls to a server have ended, if it has.
    fn end_of(&mut self, server: EndpointId) -> Result<Option<End>, ClientError> {
        if self.responses.core.is_alive(server) {
            return Ok(None);
        }
        self.receive()?; // what it had sent before
        let replaced = self.responses.publishers()?.iter().any(|peer| peer.id != server);
        Ok(Some(if replaced { End::Replaced } else { End::Died }))
    }

    /// Returns why a call has no further item.
    pub(super) fn error(&self, end: End, server: EndpointId, timeout: Duration) -> Option<CallError> {
        Some(match end {
            End::Done => return None,
            End::Refused(reason) => CallError::Refused(reason),
            End::Expired => CallError::Expired(timeout),
            End::Died => CallError::ServerDied { server },
            End::Replaced => CallError::ServerReplaced { server },
            End::Malformed(elements) => CallError::Malformed { topic: self.responses.topic().clone(), elements },
        })
    }

    pub(super) fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.responses.event_fd()
    }

    /// Returns how many servers live.
    pub(super) fn servers(&mut self) -> Result<usize, RecvError> {
        Ok(self.responses.publishers()?.len())
    }
}
