//! Clients and servers that do not keep the protocol: their messages are of the right types, and say
//! what no client or server of this crate says.

use crate::calls::{LONG, client, server};
use slotcast::service::{RequestHeader, RequestKind, ResponseHeader, ResponseKind, ServeError};
use slotcast::testing::{TempDomain, until};
use slotcast::{CallError, EndpointId, Publisher, Server, Str, Subscriber, TopicName};
use std::task::Poll;
use std::time::Duration;

const FOR_EVER: u64 = u64::MAX;

/// Returns one of the two topics of the service.
fn part(name: &str) -> TopicName {
    TopicName::with_part(&format!("count~{name}")).unwrap()
}

fn halves(id: EndpointId) -> [u64; 2] {
    [u64::try_from(id.0 & u128::from(u64::MAX)).unwrap(), u64::try_from(id.0 >> 64).unwrap()]
}

/// A client by hand, which can say anything.
struct Forger {
    requests: Publisher<[u64], RequestHeader>,
    responses: Subscriber<[u64], ResponseHeader>,
    server: EndpointId,
}

impl Forger {
    fn new(domain: &TempDomain) -> Self {
        let mut responses = Subscriber::builder(part("responses")).domain(domain).create().unwrap();
        let requests = Publisher::builder(part("requests")).domain(domain).depth(256).lossless(LONG).create().unwrap();
        let server = responses.publishers().unwrap()[0].id;
        Self { requests, responses, server }
    }

    fn header(&self, kind: RequestKind, call: u64) -> RequestHeader {
        RequestHeader { server: halves(self.server), call, deadline_ns: FOR_EVER, item: 0, window: 8, kind }
    }

    fn say(&mut self, header: &RequestHeader, elements: &[u64]) {
        self.requests.try_publish_slice_with(header, elements).unwrap();
    }

    /// Returns the kinds and the elements of all that was answered, in order.
    fn heard(&mut self) -> Vec<(ResponseKind, u64, Vec<u64>)> {
        let next = || self.responses.try_recv().unwrap();
        std::iter::from_fn(next).map(|sample| (sample.header().kind, sample.header().item, sample.to_vec())).collect()
    }
}

/// Asserts that a server serves an honest client.
fn assert_serves(server: &mut Server<u64, u64>, domain: &TempDomain) {
    let client = client(domain);
    let mut pending = client.call(&5).unwrap();
    let call = server.next_timeout(LONG).unwrap().unwrap();
    assert_eq!(*call.request(), 5);
    call.respond(&6).unwrap();
    assert_eq!(pending.next().unwrap().as_deref(), Some(&6));
}

#[test]
fn a_window_of_nonsense_is_one_that_can_be() {
    for (window, items) in [(0, 1), (1, 1), (u32::MAX, 128)] {
        let domain = TempDomain::new();
        let mut server = server(&domain);
        let mut forger = Forger::new(&domain);
        forger.say(&RequestHeader { window, ..forger.header(RequestKind::Request, 0) }, &[1]);
        let call = server.next_timeout(LONG).unwrap().unwrap();
        let sent = (0..200).take_while(|number| call.try_send(number).unwrap()).count();
        assert_eq!(sent, items, "a window of {window}");
        assert_eq!(forger.heard().len(), items);
    }
}

#[test]
fn credit_beyond_what_was_sent_is_no_credit() {
    let domain = TempDomain::new();
    let mut server = server(&domain);
    let mut forger = Forger::new(&domain);
    forger.say(&RequestHeader { window: 2, ..forger.header(RequestKind::Request, 0) }, &[1]);
    let call = server.next_timeout(LONG).unwrap().unwrap();
    for item in [u64::MAX, u64::MAX - 1, 0] {
        forger.say(&RequestHeader { item, ..forger.header(RequestKind::Acknowledge, 0) }, &[]);
    }
    let sent = (0..200).take_while(|number| call.try_send(number).unwrap()).count();
    assert_eq!(sent, 2, "nothing had been sent, so nothing was acknowledged");
    forger.say(&RequestHeader { item: u64::MAX, ..forger.header(RequestKind::Acknowledge, 0) }, &[]);
    let sent = (0..200).take_while(|number| call.try_send(number).unwrap()).count();
    assert_eq!(sent, 2, "what was sent is acknowledged");
    assert_serves(&mut server, &domain);
}

#[test]
fn what_names_unknown_calls_or_comes_twice_changes_nothing() {
    let domain = TempDomain::new();
    let mut server = server(&domain);
    let mut forger = Forger::new(&domain);
    for kind in [RequestKind::Acknowledge, RequestKind::Repeat, RequestKind::Cancel] {
        for call in [0, 1, 127, 128, u64::MAX] {
            forger.say(&forger.header(kind, call), &[]);
        }
    }
    assert!(server.try_next().unwrap().is_none());
    let request = forger.header(RequestKind::Request, u64::MAX);
    forger.say(&request, &[1]);
    forger.say(&request, &[2]);
    let call = server.next_timeout(LONG).unwrap().unwrap();
    assert_eq!(*call.request(), 1);
    assert!(server.try_next().unwrap().is_none(), "one call is served once");
    call.respond(&3).unwrap();
    forger.say(&request, &[4]);
    assert!(server.try_next().unwrap().is_none(), "also after it has ended");
    assert_eq!(forger.heard(), [(ResponseKind::Last, 0, vec![3])]);
}

#[test]
fn a_client_can_end_only_its_own_calls() {
    let domain = TempDomain::new();
    let mut server = server(&domain);
    let mut forger = Forger::new(&domain);
    let client = client(&domain);
    let mut pending = client.call(&1).unwrap();
    let call = server.next_timeout(LONG).unwrap().unwrap();
    for number in 0..256 {
        forger.say(&forger.header(RequestKind::Cancel, number), &[]);
        server.try_next().unwrap();
    }
    assert!(!call.is_cancelled());
    call.respond(&2).unwrap();
    assert_eq!(pending.next().unwrap().as_deref(), Some(&2));
}

#[test]
fn requests_of_wrong_sizes_and_to_others_are_refused_or_ignored() {
    let domain = TempDomain::new();
    let mut server = server(&domain);
    let mut forger = Forger::new(&domain);
    forger.say(&forger.header(RequestKind::Request, 0), &[]);
    forger.say(&forger.header(RequestKind::Request, 1), &[1, 2, 3]);
    forger.say(&RequestHeader { server: [7, 7], ..forger.header(RequestKind::Request, 2) }, &[1]);
    assert!(server.try_next().unwrap().is_none());
    let kinds: Vec<_> = forger.heard().into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, [ResponseKind::Refused, ResponseKind::Refused]);
    assert_serves(&mut server, &domain);
}

/// It makes call after call and takes nothing: it has 128 calls at a time, and no more memory than
/// these need.
#[test]
fn a_client_that_floods_gets_no_more_than_its_window_and_others_are_served() {
    let domain = TempDomain::new();
    let mut server = server(&domain);
    let mut forger = Forger::new(&domain);
    let mut calls = Vec::new();
    for number in 0..10_000 {
        forger.say(&forger.header(RequestKind::Request, number), &[number]);
        if number % 128 == 127 {
            // Each of these has ended one of the 128 before.
            while let Some(call) = server.try_next().unwrap() {
                calls.push(call);
            }
            let wanted = calls.iter().filter(|call| !call.is_cancelled()).count();
            assert_eq!(wanted, 128);
            calls.retain(|call| !call.is_cancelled());
        }
    }
    assert_serves(&mut server, &domain);
    drop(forger);
    until("all its calls are cancelled", || calls.iter().all(slotcast::ServerCall::is_cancelled));
}

#[test]
fn a_deadline_that_has_passed_is_answered_and_one_for_ever_is_served() {
    let domain = TempDomain::new();
    let mut server = server(&domain);
    let mut forger = Forger::new(&domain);
    forger.say(&RequestHeader { deadline_ns: 0, ..forger.header(RequestKind::Request, 0) }, &[1]);
    assert!(server.try_next().unwrap().is_none());
    assert_eq!(forger.heard(), [(ResponseKind::Expired, 0, vec![])]);
    forger.say(&forger.header(RequestKind::Request, 1), &[1]);
    assert_eq!(server.next_timeout(LONG).unwrap().unwrap().remaining(), Duration::MAX);
}

/// A second server by hand answers a call of the first one, and a server's answers are out of order.
#[test]
fn responses_that_no_server_of_the_call_sends_do_not_reach_it() {
    let domain = TempDomain::new();
    let mut server = Server::<u64, u64>::builder("count").domain(&domain).any().create().unwrap();
    let client = client(&domain);
    let mut seen = Subscriber::<[u64], RequestHeader>::builder(part("requests")).domain(&domain).create().unwrap();
    let mut pending = client.call(&1).unwrap();
    let request = seen.recv().unwrap();
    let answer = |item: u64, kind: ResponseKind| ResponseHeader {
        client: halves(request.publisher()),
        call: request.header().call,
        item,
        kind,
        code: 0,
        text: Str::new(),
    };
    let other = Publisher::<[u64], ResponseHeader>::builder(part("responses")).domain(&domain);
    let mut other = other.create().unwrap();
    for kind in [ResponseKind::Item, ResponseKind::Last, ResponseKind::Refused, ResponseKind::Expired] {
        other.publish_slice_with(&answer(0, kind), &[666]).unwrap();
    }
    assert!(pending.try_next().is_pending(), "another server has not got the call");
    server.next_timeout(LONG).unwrap().unwrap().respond(&2).unwrap();
    assert_eq!(pending.next().unwrap().as_deref(), Some(&2));
    assert!(pending.next().unwrap().is_none());
    // What comes after the end, and for calls that were dropped or never made.
    drop(pending);
    for call in [request.header().call, 1, u64::MAX] {
        other.publish_slice_with(&ResponseHeader { call, ..answer(0, ResponseKind::Item) }, &[666]).unwrap();
    }
    drop(other);
    let mut next = client.call(&3).unwrap();
    assert!(next.try_next().is_pending());
    server.next_timeout(LONG).unwrap().unwrap().respond(&4).unwrap();
    assert_eq!(next.next().unwrap().as_deref(), Some(&4));
}

/// The only server is one by hand: what it numbers wrongly does not count, and what has the wrong
/// size fails.
#[test]
fn items_out_of_order_do_not_count_and_items_of_a_wrong_size_fail() {
    let domain = TempDomain::new();
    let mut requests = Subscriber::<[u64], RequestHeader>::builder(part("requests")).domain(&domain).create().unwrap();
    let mut responses =
        Publisher::<[u64], ResponseHeader>::builder(part("responses")).domain(&domain).create().unwrap();
    let client = client(&domain);
    let mut pending = client.call(&1).unwrap();
    let request = requests.recv().unwrap();
    let mut answer = |item: u64, kind: ResponseKind, elements: &[u64]| {
        let (client, call) = (halves(request.publisher()), request.header().call);
        let header = ResponseHeader { client, call, item, kind, code: 0, text: Str::new() };
        responses.publish_slice_with(&header, elements).unwrap();
    };
    for item in [1, 7, u64::MAX] {
        answer(item, ResponseKind::Last, &[666]);
    }
    answer(0, ResponseKind::Item, &[1]);
    answer(0, ResponseKind::Item, &[666]);
    assert_eq!(pending.next().unwrap().as_deref(), Some(&1));
    assert!(pending.try_next().is_pending());
    answer(1, ResponseKind::Item, &[1, 2]);
    answer(2, ResponseKind::Item, &[3]);
    assert!(matches!(pending.next(), Err(CallError::Malformed { elements: 2, .. })));
    assert!(matches!(pending.try_next(), Poll::Ready(Err(CallError::Malformed { .. }))), "an end is final");
}

#[test]
fn a_server_learns_that_a_call_was_given_up_for_another_one() {
    let domain = TempDomain::new();
    let mut server = server(&domain);
    let mut forger = Forger::new(&domain);
    forger.say(&forger.header(RequestKind::Request, 3), &[1]);
    let call = server.next_timeout(LONG).unwrap().unwrap();
    forger.say(&forger.header(RequestKind::Request, 3 + 128), &[2]);
    assert!(matches!(call.send(&1), Err(ServeError::Cancelled)));
    assert_eq!(*server.next_timeout(LONG).unwrap().unwrap().request(), 2);
}
