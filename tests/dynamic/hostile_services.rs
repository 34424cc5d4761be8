//! # Safety
//!
//! Clients and servers that do not keep the protocol, and servers and clients without a type. The file opts
//! into unsafe code to declare messages of which the bytes are not checked. It upholds that they have
//! the size of the ones that they stand for, and no padding.
#![allow(unsafe_code, reason = "messages are forged")]

use slotcast::dynamic::{self, ClientError, Layout, ServerError, Value};
use slotcast::schema::{InvalidValue, Schema};
use slotcast::service::{RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use slotcast::testing::{PATIENCE, TempDomain, until};
use slotcast::{CallError, EndpointId, Publisher, RecvError, ServeError, ShmMessage, Str, Subscriber, TopicName};

const FOR_EVER: u64 = u64::MAX;

/// A header of requests according to its schema, and any bytes.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Forged([u8; size_of::<RequestHeader>()]);

// SAFETY: it has the size and alignment of a header, no padding, and all bytes are values of it.
unsafe impl ShmMessage for Forged {
    const SCHEMA: &'static Schema = RequestHeader::SCHEMA;
    const EVERY_BIT_PATTERN_VALID: bool = true;
    const ZERO_VALID: bool = true;

    fn validate(_: &[u8]) -> Result<(), InvalidValue> {
        Ok(())
    }
}

fn part(name: &str) -> TopicName {
    TopicName::with_part(&format!("count~{name}")).unwrap()
}

fn halves(id: EndpointId) -> [u64; 2] {
    [u64::try_from(id.0 & u128::from(u64::MAX)).unwrap(), u64::try_from(id.0 >> 64).unwrap()]
}

fn server(domain: &TempDomain) -> dynamic::Server {
    let number = Layout::of::<u64>().unwrap();
    dynamic::Server::builder("count", &number, &number).domain(domain).create().unwrap()
}

fn client(domain: &TempDomain) -> dynamic::Client {
    let number = Layout::of::<u64>().unwrap();
    dynamic::Client::builder("count").types(&number, &number).domain(domain).create().unwrap()
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
        let requests = Publisher::builder(part("requests")).domain(domain).depth(256).lossless(PATIENCE);
        let (requests, server) = (requests.create().unwrap(), responses.publishers().unwrap()[0].id);
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
fn assert_serves(server: &mut dynamic::Server, domain: &TempDomain) {
    let client = client(domain);
    let mut pending = client.call(&Value::Int(5), PATIENCE).unwrap();
    let call = server.next_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(call.request().value().unwrap(), Value::Int(5));
    call.respond(&Value::Int(6)).unwrap();
    assert_eq!(pending.next().unwrap().unwrap().value().unwrap(), Value::Int(6));
}

#[test]
fn windows_and_credit_of_nonsense_are_bounded() {
    for (window, items) in [(0, 1), (1, 1), (u32::MAX, 128)] {
        let domain = TempDomain::new();
        let mut server = server(&domain);
        let mut forger = Forger::new(&domain);
        forger.say(&RequestHeader { window, ..forger.header(RequestKind::Request, 0) }, &[1]);
        let call = server.next_timeout(PATIENCE).unwrap().unwrap();
        forger.say(&RequestHeader { item: u64::MAX, ..forger.header(RequestKind::Acknowledge, 0) }, &[]);
        let sent = || (0..200).take_while(|_| call.send_within(&[1; 8], std::time::Duration::ZERO).unwrap()).count();
        assert_eq!(sent(), items, "nothing had been sent, so nothing was acknowledged: a window of {window}");
        forger.say(&RequestHeader { item: u64::MAX, ..forger.header(RequestKind::Acknowledge, 0) }, &[]);
        assert_eq!(sent(), items, "what was sent is acknowledged");
        assert_eq!(forger.heard().len(), 2 * items);
        drop(call);
        assert_serves(&mut server, &domain);
    }
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
    let call = server.next_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(call.request().value().unwrap(), Value::Int(1));
    assert!(server.try_next().unwrap().is_none(), "one call is served once");
    call.respond(&Value::Int(3)).unwrap();
    forger.say(&request, &[4]);
    forger.say(&RequestHeader { server: [7, 7], ..forger.header(RequestKind::Request, 2) }, &[1]);
    assert!(server.try_next().unwrap().is_none(), "also after it has ended, and if another server is meant");
    forger.say(&RequestHeader { item: 0, ..forger.header(RequestKind::Repeat, u64::MAX) }, &[]);
    assert!(server.try_next().unwrap().is_none());
    assert_eq!(forger.heard(), [(ResponseKind::Last, 0, vec![3]), (ResponseKind::Last, 0, vec![3])], "it is repeated");
}

#[test]
fn requests_of_wrong_sizes_are_refused_and_bytes_that_are_none_are_reported() {
    let domain = TempDomain::new();
    let mut server = server(&domain);
    let mut forger = Forger::new(&domain);
    forger.say(&forger.header(RequestKind::Request, 0), &[]);
    forger.say(&forger.header(RequestKind::Request, 1), &[1, 2, 3]);
    assert!(server.try_next().unwrap().is_none());
    let kinds: Vec<_> = forger.heard().into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, [ResponseKind::Refused, ResponseKind::Refused]);

    let invalid = Publisher::<[u64], Forged>::builder(part("requests")).domain(&domain).lossless(PATIENCE);
    let mut invalid = invalid.create().unwrap();
    invalid.publish_slice_with(&Forged([0xff; size_of::<RequestHeader>()]), &[1]).unwrap();
    let error = server.try_next().unwrap_err();
    let ServerError::Serve(ServeError::Receive(RecvError::Invalid { .. })) = &error else { panic!("{error}") };
    assert!(error.to_string().contains("RequestKind"), "{error}");
    assert_serves(&mut server, &domain);
}

#[test]
fn a_client_that_floods_gets_no_more_than_its_window() {
    let domain = TempDomain::new();
    let mut server = server(&domain);
    let mut forger = Forger::new(&domain);
    let mut calls = Vec::new();
    for number in 0..2_000 {
        forger.say(&forger.header(RequestKind::Request, number), &[number]);
        if number % 128 == 127 {
            // Each of these has ended one of the 128 before.
            while let Some(call) = server.try_next().unwrap() {
                calls.push(call);
            }
            calls.retain(|call| !call.is_cancelled());
            assert_eq!(calls.len(), 128);
        }
    }
    assert_serves(&mut server, &domain);
    drop(forger);
    until("all its calls are cancelled", || calls.iter().all(dynamic::ServerCall::is_cancelled));
}

/// The only server is one by hand: what it numbers wrongly does not count, and what has the wrong size
/// fails.
#[test]
fn items_out_of_order_do_not_count_and_items_of_a_wrong_size_fail() {
    let domain = TempDomain::new();
    let mut requests = Subscriber::<[u64], RequestHeader>::builder(part("requests")).domain(&domain).create().unwrap();
    let mut responses =
        Publisher::<[u64], ResponseHeader>::builder(part("responses")).domain(&domain).create().unwrap();
    let client = client(&domain);
    let mut pending = client.call(&Value::Int(1), PATIENCE).unwrap();
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
    assert_eq!(pending.next().unwrap().unwrap().value().unwrap(), Value::Int(1));
    assert!(pending.try_next().is_pending());
    answer(1, ResponseKind::Item, &[1, 2]);
    answer(2, ResponseKind::Item, &[3]);
    for _ in 0..2 {
        let error = pending.next().unwrap_err();
        assert!(
            matches!(error, ClientError::Call(CallError::Malformed { elements: 2, .. })),
            "an end is final: {error}"
        );
    }
}
