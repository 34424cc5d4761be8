//! Descriptors that messages carry between processes: the right one, for as long as the message is held,
//! and no longer.

use slotcast::dynamic::{self, Layout};
use slotcast::testing::{self, PATIENCE, Process, TempDomain, until};
use slotcast::{Domain, MessageFd, MessageFdError, Publisher, Sample, ShmMessage, Subscriber};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Frame {
    number: u64,
    memory: MessageFd,
}

type Frames = Subscriber<[u8], Frame>;

fn publisher(domain: &Domain) -> Publisher<[u8], Frame> {
    Publisher::builder("camera").domain(domain).depth(4).create().unwrap()
}

fn subscriber(domain: &Domain) -> Frames {
    Subscriber::builder("camera").domain(domain).create().unwrap()
}

/// Returns a file that contains a number.
fn memory(number: u64) -> OwnedFd {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&number.to_le_bytes()).unwrap();
    file.into()
}

fn publish(publisher: &mut Publisher<[u8], Frame>, number: u64) {
    let mut loan = publisher.loan_slice(16).unwrap();
    let memory = publisher.carry(&loan, memory(number)).unwrap();
    *loan.header_mut() = Frame { number, memory };
    publisher.send(loan).unwrap();
}

/// Returns what the file contains that a message carries.
#[track_caller]
fn number(subscriber: &Frames, frame: &Sample<[u8], Frame>) -> u64 {
    let mut file = File::from(subscriber.take_fd(frame, frame.header().memory).unwrap());
    file.rewind().unwrap();
    let mut bytes = [0; 8];
    file.read_exact(&mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}

/// Tests that count the descriptors of this process exclude each other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Publishes as many as it is told to, and says how many descriptors it has.
#[test]
fn child_publishes() {
    testing::process(|script| {
        let mut publisher = publisher(script.domain());
        publisher.wait_for_subscribers(1, PATIENCE).unwrap();
        let mut next = 0;
        script.say("ready");
        loop {
            let mut command = String::new();
            std::io::stdin().read_line(&mut command).unwrap();
            for _ in 0..command.trim().parse::<u64>().unwrap() {
                publish(&mut publisher, next);
                next += 1;
            }
            script.say(&open_descriptors().to_string());
        }
    });
}

/// Has the child publish, and returns how many descriptors it has then.
fn tell(child: &mut Process, messages: u64) -> usize {
    child.tell(&messages.to_string());
    child.listen().parse().unwrap()
}

#[test]
fn a_message_that_is_held_keeps_its_descriptor_and_others_are_closed() {
    let _alone = alone();
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain);
    let mut child = Process::start("child_publishes", &domain, &[]);
    child.expect("ready");
    let before = tell(&mut child, 0);
    tell(&mut child, 1);
    let held = subscriber.recv().unwrap();
    assert!(held.is_in_place());
    assert_eq!(number(&subscriber, &held), 0);
    for round in 1..=50 {
        let open = tell(&mut child, 4);
        assert!(open < before + 40, "{open} descriptors are open, and {before} were before");
        for _ in 0..4 {
            let frame = subscriber.recv().unwrap();
            assert_eq!(number(&subscriber, &frame), frame.header().number);
        }
        assert_eq!(number(&subscriber, &held), 0, "round {round}");
    }
    child.kill();
    let refused = subscriber.take_fd(&held, held.header().memory).unwrap_err();
    assert!(matches!(refused, MessageFdError::Ended { .. }), "{refused}");
    assert_eq!(held.header().number, 0, "the message itself stays");
}

#[test]
fn a_subscriber_that_dies_holds_no_descriptor() {
    let _alone = alone();
    let domain = TempDomain::new();
    let mut holder = Process::start("child_holds", &domain, &[]);
    holder.expect("joined");
    let mut publisher = publisher(&domain);
    publisher.wait_for_subscribers(1, PATIENCE).unwrap();
    let before = open_descriptors();
    publish(&mut publisher, 7);
    holder.expect("7");
    holder.kill();
    until("its descriptor is closed", || {
        (0..20).for_each(|number| publish(&mut publisher, number));
        open_descriptors() <= before + 40
    });
    drop(publisher);
    assert!(open_descriptors() <= before);
}

#[test]
fn child_holds() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain());
        script.say("joined");
        let held = subscriber.recv().unwrap();
        script.say(&number(&subscriber, &held).to_string());
        script.hear("end");
    });
}

/// Sockets cannot be opened anew: this needs `pidfd_getfd`, which some systems refuse.
#[test]
fn sockets_are_carried_too() {
    let _alone = alone();
    let domain = TempDomain::new();
    let (mut subscriber, mut publisher) = (subscriber(&domain), publisher(&domain));
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut loan = publisher.loan_slice(0).unwrap();
    loan.header_mut().memory = publisher.carry(&loan, theirs.into()).unwrap();
    publisher.send(loan).unwrap();
    let frame = subscriber.recv().unwrap();
    let mut taken = UnixStream::from(subscriber.take_fd(&frame, frame.header().memory).unwrap());
    drop((frame, publisher));
    taken.write_all(b"hello").unwrap();
    let mut text = [0; 5];
    ours.read_exact(&mut text).unwrap();
    assert_eq!(&text, b"hello");
}

#[test]
fn several_are_carried_and_a_loan_that_is_dropped_carries_none() {
    let _alone = alone();
    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    struct Planes {
        planes: [MessageFd; 3],
        large: [u64; 200],
    }
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Planes>::builder("planes").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<Planes>::builder("planes").domain(&domain).create().unwrap();
    let empty = Planes { planes: [MessageFd::NONE; 3], large: [0; 200] };
    let before = open_descriptors();
    for _ in 0..100 {
        let loan = publisher.loan_uninit().unwrap().write(empty);
        publisher.carry(&loan, memory(1)).unwrap();
    }
    assert!(open_descriptors() <= before + 10, "loans that were dropped");
    let mut loan = publisher.loan_uninit().unwrap().write(empty);
    for plane in [0, 2] {
        loan.planes[plane] = publisher.carry(&loan, memory(plane as u64)).unwrap();
    }
    publisher.send(loan).unwrap();
    let message = subscriber.recv().unwrap();
    for plane in [0, 2] {
        let mut file = File::from(subscriber.take_fd(&message, message.planes[plane]).unwrap());
        file.rewind().unwrap();
        let mut first = [0];
        file.read_exact(&mut first).unwrap();
        assert_eq!(usize::from(first[0]), plane);
    }
    let none = subscriber.take_fd(&message, message.planes[1]).unwrap_err();
    assert_eq!(none.to_string(), "topic \"planes\": the message carries no descriptor in this field");
}

#[test]
fn what_cannot_be_carried_is_refused() {
    let _alone = alone();
    let domain = TempDomain::new();
    let mut small = Publisher::<MessageFd>::builder("small").domain(&domain).create().unwrap();
    let loan = small.loan_uninit().unwrap().write(MessageFd::NONE);
    let error = small.carry(&loan, memory(1)).unwrap_err();
    assert!(error.to_string().contains("messages of 24 bytes are copied"), "{error}");
    let (mut first, mut second) = (publisher(&domain), publisher(&domain));
    let loan = first.loan_slice(0).unwrap();
    assert!(matches!(second.carry(&loan, memory(1)), Err(MessageFdError::ForeignLoan { .. })));
}

/// A publisher that claims anything can hand out nothing but what it has, and nobody is misled.
#[test]
fn what_a_message_claims_is_compared() {
    let _alone = alone();
    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    struct Large {
        memory: MessageFd,
        large: [u64; 200],
    }
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<Large>::builder("large").domain(&domain).create().unwrap();
    let layout = Layout::of::<Large>().unwrap();
    let mut publisher = dynamic::Publisher::builder("large", &layout).domain(&domain).create().unwrap();
    let file = memory(5);
    let before = open_descriptors();
    let own = u64::try_from(file.as_raw_fd()).unwrap() + 1;
    for forged in [[u64::MAX; 3], [1_000_000, 0, 0], [own, 0, 0], [i32::MAX as u64 + 1, 1, 1], [u64::MAX - 1, 1, 1]] {
        let mut bytes = vec![0; size_of::<Large>()];
        bytes[..24].copy_from_slice(&forged.map(u64::to_le_bytes).concat());
        publisher.publish_bytes(&bytes).unwrap();
        let message = subscriber.recv().unwrap();
        let error = subscriber.take_fd(&message, message.memory).unwrap_err();
        assert!(matches!(error, MessageFdError::Handover { .. }), "{error}");
    }
    assert!(open_descriptors() <= before + 6, "nothing that was fetched stays open");
}
