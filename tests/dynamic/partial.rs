//! Partial messages without a type: written and read beside typed ones.

use slotcast::dynamic::{self, Layout, PublishError};
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{BeyondEnd, Domain, PartialSample, Publisher, RecvError, SendError, ShmMessage, Subscriber};

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
struct Frame {
    number: u64,
    rows: u64,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Flagged {
    is_last: bool,
    rest: [u8; 7],
}

const TOPIC: &str = "frames";
const ROW: usize = 300;
const ROWS: usize = 4;

fn typed_publisher(domain: &Domain) -> Publisher<[u16], Frame> {
    Publisher::builder(TOPIC).domain(domain).create().unwrap()
}

fn typed_subscriber(domain: &Domain) -> Subscriber<[u16], Frame> {
    Subscriber::builder(TOPIC).domain(domain).create().unwrap()
}

/// The layout of frames, of a publisher that is gone at once.
fn layout(domain: &Domain) -> Layout {
    let typed = typed_publisher(domain);
    let layout = Layout::published(TOPIC, domain).unwrap();
    drop(typed);
    layout
}

fn untyped_publisher(domain: &Domain) -> dynamic::Publisher {
    dynamic::Publisher::builder(TOPIC, &layout(domain)).domain(domain).create().unwrap()
}

fn bytes_of(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Writes rows of frames without a type, one whenever the test asks for it, until it is killed.
#[test]
fn child_publishes_partially() {
    testing::process(|script| {
        let mut publisher = untyped_publisher(script.domain());
        script.say("ready");
        script.hear("begin");
        for number in 0u64.. {
            let mut loan = publisher.loan((ROW * ROWS) as u64).unwrap();
            loan.bytes_mut()[..8].copy_from_slice(&number.to_le_bytes());
            loan.bytes_mut()[8..16].copy_from_slice(&(ROWS as u64).to_le_bytes());
            let mut frame = publisher.publish_partial(loan).unwrap();
            script.say("begun");
            for row in 0..ROWS {
                script.hear("row");
                let row = bytes_of(&[u16::try_from(row).unwrap(); ROW]);
                frame.rest_mut()[..row.len()].copy_from_slice(&row);
                frame.advance(ROW).unwrap();
                script.say("written");
            }
            script.hear("send");
            assert_eq!(publisher.finish(frame).unwrap(), number);
            script.say("sent");
        }
    });
}

fn next(subscriber: &mut Subscriber<[u16], Frame>) -> PartialSample<[u16], Frame> {
    let mut found = None;
    until("a partial message appears", || {
        found = subscriber.try_recv_partial().unwrap();
        found.is_some()
    });
    found.unwrap()
}

fn next_untyped(subscriber: &mut dynamic::Subscriber) -> dynamic::PartialSample {
    let mut found = None;
    until("a partial message appears", || {
        found = subscriber.try_recv_partial().unwrap();
        found.is_some()
    });
    found.unwrap()
}

#[test]
fn what_is_written_without_a_type_is_seen_with_one_and_without() {
    let domain = TempDomain::new();
    let mut typed = typed_subscriber(&domain);
    let mut untyped = dynamic::Subscriber::builder(TOPIC).layout(&layout(&domain)).domain(&domain).create().unwrap();
    let mut other = Process::start("partial::child_publishes_partially", &domain, &[]);
    other.expect("ready");
    other.tell("begin");
    for number in 0..2 {
        other.expect("begun");
        let (seen, bytes) = (next(&mut typed), next_untyped(&mut untyped));
        assert_eq!(*seen.header(), Frame { number, rows: ROWS as u64 });
        assert_eq!(bytes.header(), [number.to_le_bytes(), (ROWS as u64).to_le_bytes()].concat());
        assert_eq!((bytes.total(), bytes.valid(), bytes.bytes().len()), (ROW * ROWS, 0, 0));
        for row in 1..=ROWS {
            other.tell("row");
            other.expect("written");
            assert_eq!((bytes.valid(), bytes.bytes()), (row * ROW, &*bytes_of(seen.elements())));
            assert!(seen.elements()[(row - 1) * ROW..].iter().all(|&word| usize::from(word) == row - 1));
            assert!(!bytes.is_complete() && !bytes.is_abandoned());
        }
        other.tell("send");
        other.expect("sent");
        let sample = untyped.try_recv().unwrap().unwrap();
        assert!(bytes.is_complete() && bytes.is_of(&sample) && bytes.publisher() == sample.publisher());
        assert_eq!(sample.bytes()[64..], *bytes.bytes(), "elements begin at a cache line");
        assert_eq!(typed.try_recv().unwrap().unwrap().len(), ROW * ROWS);
    }
    other.expect("begun");
    let bytes = next_untyped(&mut untyped);
    other.tell("row");
    other.expect("written");
    other.kill();
    assert_eq!(bytes.valid(), ROW, "what a killed publisher has finished stays");
    assert!(!bytes.is_complete());
}

#[test]
fn what_is_written_with_a_type_is_seen_without_one() {
    let domain = TempDomain::new();
    let mut publisher = typed_publisher(&domain);
    let mut subscriber = dynamic::Subscriber::builder(TOPIC).domain(&domain).create().unwrap();
    let mut loan = publisher.loan_slice(ROW).unwrap();
    *loan.header_mut() = Frame { number: 7, rows: 1 };
    let mut frame = publisher.publish_partial(loan).unwrap();
    frame.rest_mut()[..2].copy_from_slice(&[1, 2]);
    frame.advance(2).unwrap();
    let seen = next_untyped(&mut subscriber);
    assert_eq!((seen.valid(), seen.bytes(), seen.layout().hash()), (2, &[1, 0, 2, 0][..], subscriber.layout().hash()));
    assert!(subscriber.try_recv_partial().unwrap().is_none(), "each is given once");
    drop(frame);
    assert!(seen.is_abandoned());
    assert_eq!(seen.bytes(), [1, 0, 2, 0]);
    drop((publisher, subscriber));
    assert_eq!(seen.bytes(), [1, 0, 2, 0], "it outlives both sides");
}

#[test]
fn messages_of_fixed_size_grow_by_bytes() {
    let domain = TempDomain::new();
    let layout = Layout::of::<[u32; 1000]>().unwrap();
    let mut publisher = dynamic::Publisher::builder("table", &layout).domain(&domain).create().unwrap();
    let mut subscriber = dynamic::Subscriber::builder("table").domain(&domain).create().unwrap();
    let loan = publisher.loan(1).unwrap();
    let mut table = publisher.publish_partial(loan).unwrap();
    assert_eq!((table.total(), table.rest_mut().len()), (4000, 4000));
    table.rest_mut()[..10].fill(3);
    table.advance(10).unwrap();
    let seen = next_untyped(&mut subscriber);
    assert_eq!((seen.valid(), seen.total(), seen.bytes(), seen.header()), (10, 4000, &[3; 10][..], &[][..]));
    let BeyondEnd { more, valid, total, .. } = table.advance(3991).unwrap_err();
    assert_eq!((more, valid, total), (3991, 10, 4000));
    assert_eq!(table.valid(), 10);
    publisher.finish(table).unwrap();
    assert_eq!((seen.valid(), subscriber.try_recv().unwrap().unwrap().bytes().len()), (4000, 4000));
}

#[test]
fn what_cannot_be_partial_is_refused_on_both_sides() {
    let domain = TempDomain::new();
    let refused = |layout: &Layout, elements, publishing: &str, receiving: &str| {
        let mut publisher = dynamic::Publisher::builder("x", layout).domain(&domain).create().unwrap();
        let mut subscriber = dynamic::Subscriber::builder("x").domain(&domain).create().unwrap();
        let mut loan = publisher.loan(elements).unwrap();
        loan.bytes_mut().fill(0);
        let SendError { reason, loan, .. } = publisher.publish_partial(loan).unwrap_err();
        assert!(matches!(reason, PublishError::NotPartial { .. }), "{reason:?}");
        assert_eq!(
            reason.to_string(),
            format!("topic \"x\": messages of this layout cannot be published partially: {publishing}")
        );
        publisher.send(loan).unwrap();
        let error = subscriber.try_recv_partial().unwrap_err();
        assert!(matches!(error, RecvError::NotPartial { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!("topic \"x\": messages of this layout cannot be received partially: {receiving}")
        );
        assert_eq!(subscriber.try_recv().unwrap().unwrap().sequence(), 0, "it is received as a whole");
    };
    let small = "they have at most 1024 bytes; use a larger type, or one of variable size";
    refused(&Layout::of::<[u64; 8]>().unwrap(), 1, small, small);
    let checked = "not all bytes are valid for them, and they cannot be checked while they are written";
    refused(&Layout::of::<[bool; 2000]>().unwrap(), 1, checked, checked);
}

#[test]
fn headers_are_checked_before_they_are_seen() {
    let domain = TempDomain::new();
    let typed = Publisher::<[u8], Flagged>::builder("flagged").domain(&domain).create().unwrap();
    let layout = Layout::published("flagged", &domain).unwrap();
    drop(typed);
    let mut publisher = dynamic::Publisher::builder("flagged", &layout).domain(&domain).create().unwrap();
    let mut typed = Subscriber::<[u8], Flagged>::builder("flagged").domain(&domain).create().unwrap();
    let mut untyped = dynamic::Subscriber::builder("flagged").domain(&domain).create().unwrap();
    let mut loan = publisher.loan(2000).unwrap();
    loan.bytes_mut()[0] = 2;
    let SendError { reason, mut loan, .. } = publisher.publish_partial(loan).unwrap_err();
    assert!(reason.to_string() == "field `header.is_last` is 2, not a bool (0 or 1)", "{reason}");
    loan.bytes_mut()[0] = 1;
    let frame = publisher.publish_partial(loan).unwrap();
    let mut seen = None;
    until("a partial message appears", || {
        seen = typed.try_recv_partial().unwrap();
        seen.is_some()
    });
    assert!(seen.unwrap().header().is_last);
    let error = untyped.try_recv_partial().unwrap_err();
    assert!(error.to_string().ends_with("which only a subscriber with a type does"), "{error}");
    publisher.finish(frame).unwrap();
}

#[test]
fn a_publisher_has_one_partial_message_and_its_own_loans() {
    let domain = TempDomain::new();
    let layout = Layout::of::<[u8; 2000]>().unwrap();
    let publisher = || dynamic::Publisher::builder("bytes", &layout).domain(&domain).create().unwrap();
    let (mut one, mut other) = (publisher(), publisher());
    let loan = one.loan(1).unwrap();
    let SendError { loan, reason, .. } = other.publish_partial(loan).unwrap_err();
    assert!(matches!(reason, PublishError::Publish(slotcast::PublishError::ForeignLoan { .. })), "{reason:?}");
    let first = one.publish_partial(loan).unwrap();
    let second = one.loan(1).unwrap();
    let SendError { loan: second, reason, .. } = one.publish_partial(second).unwrap_err();
    assert!(matches!(reason, PublishError::Publish(slotcast::PublishError::PartialOpen { .. })), "{reason:?}");
    let SendError { loan: first, reason, .. } = other.finish(first).unwrap_err();
    assert!(matches!(reason, PublishError::Publish(slotcast::PublishError::ForeignLoan { .. })), "{reason:?}");
    one.finish(first).unwrap();
    let second = one.publish_partial(second).unwrap();
    one.try_finish(second).unwrap();
}
