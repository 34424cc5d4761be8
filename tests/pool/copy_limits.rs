//! Messages that are copied: as large as a subscriber allows, whatever their publisher claims, and
//! as memory permits.

use slotcast::dynamic::{self, Layout};
use slotcast::registry::{Role, TopicDirectory};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{EndpointId, Observer, Publisher, RecvError, Subscriber, TopicName};
use slotcast_tests::segment::{Segment, announcement};

#[test]
fn a_message_larger_than_allowed_is_reported_and_skipped() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8]>::builder("x").domain(&domain).name("camera").create().unwrap();
    let builder = || Subscriber::<[u8]>::builder("x").domain(&domain);
    let mut copying = builder().max_samples(0).max_copy(4096).lossless().create().unwrap();
    let mut holding = builder().max_copy(0).create().unwrap();
    let mut untyped = dynamic::Subscriber::builder("x").domain(&domain).max_samples(0).max_copy(4096).create().unwrap();
    let mut observer = Observer::new(&domain).topic("x").unwrap().unwrap().read(0).unwrap().max_copy(4096);
    for length in [4096, 4097, 1] {
        publisher.publish_slice(&vec![7; length]).unwrap();
    }
    let Err(RecvError::NotLossless { .. }) = copying.try_recv() else { panic!("the publisher waits for nobody") };
    let is_right = |error: &RecvError| {
        let text = error.to_string();
        assert!(text.contains("message 1 of the publisher (") && text.contains("\"camera\") has 4097 bytes"), "{text}");
        matches!(error, RecvError::TooLarge { sequence: 1, bytes: 4097, max: 4096, .. })
    };
    let got: Vec<_> = copying.try_iter().map(|got| got.map(|sample| sample.len())).collect();
    assert!(matches!(&got[..], [Ok(4096), Err(error), Ok(1)] if is_right(error)), "{got:?}");
    assert_eq!(copying.lost(), 0);
    let got: Vec<_> = untyped.try_iter().map(|got| got.map(|sample| sample.bytes().len())).collect();
    assert!(matches!(&got[..], [Ok(4096), Err(error), Ok(1)] if is_right(error)), "{got:?}");
    let got: Vec<_> = observer.try_iter().map(|got| got.map(|sample| sample.bytes().len())).collect();
    assert!(matches!(&got[..], [Ok(4096), Err(error), Ok(1)] if is_right(error)), "{got:?}");
    assert!(holding.try_iter().map(Result::unwrap).all(|sample| sample.is_in_place()));
}

/// 2 GiB.
type Huge = [u64; 1 << 28];
const FORGED: EndpointId = EndpointId(0xf0f0_0000_0000_0000_0000_0000_0000_f0f0);

#[test]
fn no_claim_makes_a_subscriber_allocate_more_than_it_allows() {
    let domain = TempDomain::new();
    let topic = TopicDirectory::enter(&domain, &TopicName::new("x").unwrap()).unwrap();
    let segment = Segment::pooled::<Huge>(FORGED, 16, 8, size_of::<Huge>());
    let _registration = topic.announce(&announcement::<Huge>(FORGED, Some(segment.memory()))).unwrap();
    assert_eq!(topic.names(Role::Publisher).unwrap().len(), 1);
    let mut subscriber = Subscriber::<Huge>::builder("x").domain(&domain).create().unwrap();
    segment.set_descriptor(0, 0, [0, size_of::<Huge>() as u64, 1]);
    let error = subscriber.try_recv().unwrap_err();
    assert!(matches!(error, RecvError::TooLarge { sequence: 0, bytes: 0x8000_0000, max: 0x4000_0000, .. }), "{error}");
}

/// Receives copies of two messages, after it has given up nearly all memory.
#[test]
fn child_receives_with_little_memory() {
    testing::process(|script| {
        let mut subscriber = Subscriber::<[u8]>::builder("x").domain(script.domain()).max_samples(0).create().unwrap();
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
        let limit = Some(pages * 4096 + (32 << 20));
        let limits = rustix::process::Rlimit { current: limit, maximum: limit };
        rustix::process::setrlimit(rustix::process::Resource::As, limits).unwrap();
        script.say("ready");
        let error = subscriber.recv().unwrap_err();
        assert!(matches!(error, RecvError::NoMemory { sequence: 0, .. }), "{error}");
        script.say(&error.to_string());
        script.say(&subscriber.recv().unwrap().len().to_string());
    });
}

#[test]
fn without_memory_for_a_copy_the_message_is_skipped() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8]>::builder("x").domain(&domain).name("camera").create().unwrap();
    let mut receiver = Process::start("copy_limits::child_receives_with_little_memory", &domain, &[]);
    receiver.expect("ready");
    let large = publisher.loan_slice(64 << 20).unwrap();
    publisher.send(large).unwrap();
    publisher.publish_slice(&[7; 100]).unwrap();
    let line = receiver.listen();
    assert!(line.contains("no memory to copy message 0 of the publisher ("), "{line}");
    receiver.expect("100");
    receiver.finish();
}

#[test]
fn headers_that_are_larger_than_the_pool_are_refused() {
    #[derive(slotcast::ShmMessage)]
    #[repr(C)]
    struct Header([u8; 1 << 20]);
    let domain = TempDomain::new();
    let create = |bytes| Publisher::<[u8], Header>::builder("x").domain(&domain).max_memory(bytes).create();
    let error = create(1 << 16).unwrap_err().to_string();
    assert!(error.contains("`max_memory` is 65536 bytes, and the header of each"), "{error}");
    let publisher = create(1 << 21).unwrap();
    let layout = Layout::published("x", &domain).unwrap();
    let untyped = dynamic::Publisher::builder("x", &layout).domain(&domain).max_memory(1 << 16).create();
    assert!(untyped.is_err());
    drop(publisher);
}

/// Returns the mebibytes of memory that belong to this process alone.
fn own_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
}

/// Holds three large copies, also after its subscriber was dropped.
#[test]
fn child_holds_copies() {
    testing::process(|script| {
        let builder = Subscriber::<[u64; 8 << 20]>::builder("x").domain(script.domain()).max_samples(0);
        let mut subscriber = builder.create().unwrap();
        script.say("ready");
        let before = own_memory();
        let samples: Vec<_> = (0..3).map(|_| subscriber.recv().unwrap()).collect();
        let held = own_memory() - before;
        assert!((3 * 64..4 * 64).contains(&held), "{held} MiB");
        drop(subscriber);
        drop(samples);
        let left = own_memory().saturating_sub(before);
        assert!(left < 64, "{left} MiB are left");
        script.say("done");
    });
}

#[test]
fn copies_take_no_more_memory_than_is_held_and_are_freed_by_the_last_holder() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u64; 8 << 20]>::builder("x").domain(&domain).create().unwrap();
    let mut receiver = Process::start("copy_limits::child_holds_copies", &domain, &[]);
    receiver.expect("ready");
    for _ in 0..3 {
        let loan = publisher.loan().unwrap();
        publisher.send(loan).unwrap();
    }
    receiver.expect("done");
    receiver.finish();
}
