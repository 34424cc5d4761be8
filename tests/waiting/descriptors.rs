//! Receivers that wait for a descriptor.

use super::{forbid_membarrier, publisher, subscriber};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Domain, EventFd, Placement, Publisher, Subscriber, Wait};
use slotcast_tests::holdings::Holdings;
use std::time::{Duration, Instant};

/// Returns whether it becomes readable within `time`.
pub(crate) fn is_readable(event_fd: &EventFd, time: Duration) -> bool {
    let time = Timespec::try_from(time).unwrap();
    let mut fds = [PollFd::new(event_fd, PollFlags::IN)];
    rustix::io::retry_on_intr(|| poll(&mut fds, Some(&time))).unwrap() == 1
}

pub(crate) fn is_readable_now(event_fd: &EventFd) -> bool {
    is_readable(event_fd, Duration::ZERO)
}

/// How long a descriptor takes to become readable without a wake-up. A wait this long was not
/// woken.
pub(crate) const UNWOKEN: Duration = Duration::from_millis(900);

/// Waits for the next message by the descriptor. Returns it, and whether the wait was woken.
fn next(subscriber: &mut Subscriber<u64>, event_fd: &EventFd, unwoken: &mut u32) -> u64 {
    let start = Instant::now();
    loop {
        if let Some(sample) = subscriber.try_recv().unwrap() {
            return *sample;
        }
        let before = Instant::now();
        assert!(is_readable(event_fd, testing::PATIENCE), "not even the clock wakes it");
        *unwoken += u32::from(before.elapsed() >= UNWOKEN);
        assert!(start.elapsed() < testing::PATIENCE, "nothing comes");
    }
}

#[test]
fn it_is_readable_until_everything_was_received() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let event_fd = subscriber.event_fd().unwrap();
    assert!(is_readable_now(&event_fd), "nobody has looked yet");
    assert!(subscriber.try_recv().unwrap().is_none());
    assert!(!is_readable_now(&event_fd));
    let mut publisher = publisher(&domain, "x");
    assert!(is_readable_now(&event_fd), "a publisher has come");
    assert!(subscriber.try_recv().unwrap().is_none());
    assert!(!is_readable_now(&event_fd));
    for number in 0..3 {
        publisher.publish(&number).unwrap();
    }
    for number in 0..3 {
        assert!(is_readable_now(&event_fd), "{number} is available");
        assert_eq!(*subscriber.try_recv().unwrap().unwrap(), number);
    }
    assert!(subscriber.try_recv().unwrap().is_none());
    assert!(!is_readable_now(&event_fd));
    drop(publisher);
    assert!(is_readable_now(&event_fd), "the publisher has left");
    assert!(subscriber.try_recv().unwrap().is_none());
    assert!(!is_readable_now(&event_fd));
}

#[test]
fn it_is_the_same_descriptor_for_life_and_then_silent() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let event_fd = subscriber.event_fd().unwrap();
    assert_eq!(format!("{event_fd:?}"), format!("{:?}", subscriber.event_fd().unwrap()));
    assert!(subscriber.try_recv().unwrap().is_none());
    drop(subscriber);
    let mut publisher = publisher(&domain, "x");
    publisher.publish(&1).unwrap();
    assert!(!is_readable_now(&event_fd));
    let wake_sockets = std::fs::read_dir(domain.path().join("x"))
        .unwrap()
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("b-")));
    assert_eq!(wake_sockets.count(), 0, "its wake socket is removed");
}

/// Arguments: `with` or `without` membarrier, and the placement of its memory.
#[test]
fn child_echoes_by_descriptor() {
    testing::process(|script| {
        if script.argument::<String>(0) == "without" {
            forbid_membarrier();
        }
        let placement = placement(&script.argument::<String>(1));
        let (mut publisher, mut subscriber) = ends(script.domain(), placement, "reply", "request");
        let event_fd = subscriber.event_fd().unwrap();
        script.say("ready");
        let mut unwoken = 0;
        loop {
            let number = next(&mut subscriber, &event_fd, &mut unwoken);
            publisher.publish(&number).unwrap();
            if number == u64::MAX {
                break;
            }
        }
        script.say(&unwoken.to_string());
    });
}

fn placement(name: &str) -> Placement {
    if name == "file" { Placement::File } else { Placement::Sealed }
}

fn ends(domain: &Domain, placement: Placement, out: &str, into: &str) -> (Publisher<u64>, Subscriber<u64>) {
    let publisher = Publisher::builder(out).domain(domain).placement(placement).create().unwrap();
    let subscriber = Subscriber::builder(into).domain(domain).placement(placement).create().unwrap();
    (publisher, subscriber)
}

fn exchange(domain: &TempDomain, membarrier: &str, place: &str, count: u64) {
    let (mut publisher, mut subscriber) = ends(domain, placement(place), "request", "reply");
    let event_fd = subscriber.event_fd().unwrap();
    let mut other = Process::start("descriptors::child_echoes_by_descriptor", domain, &[membarrier, place]);
    other.expect("ready");
    let mut unwoken = 0;
    for number in (0..count).chain([u64::MAX]) {
        publisher.publish(&number).unwrap();
        assert_eq!(next(&mut subscriber, &event_fd, &mut unwoken), number);
    }
    let theirs: u32 = other.listen().parse().unwrap();
    // On a busy machine a wait takes longer now and then.
    assert!(unwoken + theirs <= 3, "{unwoken} and {theirs} of {count} were woken by the clock alone");
    other.finish();
}

#[test]
fn processes_wake_each_other() {
    exchange(&TempDomain::new(), "with", "sealed", 10_000);
}

#[test]
fn processes_wake_each_other_where_one_has_no_membarrier() {
    exchange(&TempDomain::new(), "without", "sealed", 1_000);
}

#[test]
fn processes_that_cannot_open_each_other_wake_each_other() {
    exchange(&TempDomain::new(), "with", "file", 2_000);
}

/// Several publishers and receivers of both kinds on one topic: each publisher wakes all receivers.
#[test]
fn concurrent_publishers_wake_every_receiver() {
    const EACH: u64 = 300;
    let domain = &TempDomain::new();
    let mut subscribers = [(); 3].map(|()| {
        let mut subscriber = Subscriber::<u64>::builder("x").domain(domain).create().unwrap();
        let event_fd = subscriber.event_fd().unwrap();
        (subscriber, event_fd)
    });
    let mut sleeper = subscriber(domain, "x", Wait::Sleep);
    // Joined before anybody publishes: a publisher that joins and leaves between two scans would
    // not be seen.
    let publishers = [(); 3].map(|()| publisher(domain, "x"));
    let everybody = std::sync::Barrier::new(7);
    std::thread::scope(|scope| {
        let everybody = &everybody;
        for mut publisher in publishers {
            scope.spawn(move || {
                for number in 0..EACH {
                    publisher.publish(&number).unwrap();
                    std::thread::yield_now();
                }
                everybody.wait(); // keeps the publisher's memory alive
            });
        }
        for (subscriber, event_fd) in &mut subscribers {
            scope.spawn(move || {
                let (mut unwoken, mut count) = (0, 0);
                while subscriber.lost() + count < 3 * EACH {
                    next(subscriber, event_fd, &mut unwoken);
                    count += 1;
                }
                everybody.wait();
            });
        }
        scope.spawn(move || {
            let mut count = 0;
            while sleeper.lost() + count < 3 * EACH {
                count += u64::from(sleeper.recv_timeout(Duration::from_millis(50)).unwrap().is_some());
            }
            everybody.wait();
        });
    });
}

#[test]
fn it_survives_publishers_that_join_and_die() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let event_fd = subscriber.event_fd().unwrap();
    let mut unwoken = 0;
    for number in 0..5 {
        let mut other = Process::start("descriptors::child_publishes_on_request", &domain, &[&number.to_string()]);
        other.expect("ready");
        assert!(subscriber.try_recv().unwrap().is_none());
        other.tell("go");
        assert_eq!(next(&mut subscriber, &event_fd, &mut unwoken), number);
        other.kill();
        let mut heir = publisher(&domain, "x");
        heir.publish(&(100 + number)).unwrap();
        assert_eq!(next(&mut subscriber, &event_fd, &mut unwoken), 100 + number);
    }
    assert!(unwoken <= 1, "{unwoken}");
}

#[test]
fn child_publishes_on_request() {
    testing::process(|script| {
        let mut publisher = publisher(script.domain(), "x");
        script.say("ready");
        script.hear("go");
        publisher.publish(&script.argument(0)).unwrap();
        script.hear("end");
    });
}

#[test]
fn child_rests() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain(), "x", Wait::Sleep);
        let event_fd = subscriber.event_fd().unwrap();
        assert!(subscriber.try_recv().unwrap().is_none());
        script.say("resting");
        let mut unwoken = 0;
        script.say(&next(&mut subscriber, &event_fd, &mut unwoken).to_string());
    });
}

/// Receivers that are killed or stopped while they wait block no publisher and no other receiver.
#[test]
fn receivers_that_are_killed_or_stopped_harm_nobody() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain, "x");
    let [mut dead, mut stopped, mut waiting] = [(); 3].map(|()| {
        let mut other = Process::start("descriptors::child_rests", &domain, &[]);
        other.expect("resting");
        other
    });
    dead.kill();
    stopped.stop();
    for number in 0..10_000 {
        // Each publish wakes: nobody clears the bit that is set here by hand, like many receivers
        // that sleep again and again.
        set_bit(&domain, "x");
        publisher.publish(&number).unwrap();
    }
    assert!(waiting.listen().parse::<u64>().is_ok());
    stopped.go_on();
    assert!(stopped.listen().parse::<u64>().is_ok());
    waiting.finish();
    stopped.finish();
}

/// Marks a wake socket in the page of hints as waited for.
fn set_bit(domain: &TempDomain, topic: &str) {
    use std::os::unix::fs::FileExt;
    let file = std::fs::File::options().read(true).write(true).open(domain.path().join(topic).join("topic")).unwrap();
    let mut word = [0; 8];
    file.read_exact_at(&mut word, 192).unwrap();
    file.write_all_at(&(u64::from_le_bytes(word) | 2).to_le_bytes(), 192).unwrap();
}

/// A wake socket that somebody has filled is readable, and blocks nobody.
#[test]
fn a_full_wake_socket_blocks_nobody() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let event_fd = subscriber.event_fd().unwrap();
    let mut publisher = publisher(&domain, "x");
    while subscriber.try_recv().unwrap().is_some() {}
    let wake_socket = std::fs::read_dir(domain.path().join("x")).unwrap().map(|entry| entry.unwrap().path());
    let wake_socket =
        wake_socket.into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with("b-")).unwrap();
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None).unwrap();
    let address = SocketAddrUnix::new(&wake_socket).unwrap();
    let mut sent = 0;
    while rustix::net::sendto(&socket, &[7; 300], SendFlags::empty(), &address).is_ok() {
        sent += 1;
        assert!(sent < 1_000_000, "it is never full");
    }
    for number in 0..100 {
        set_bit(&domain, "x");
        publisher.publish(&number).unwrap();
    }
    let mut unwoken = 0;
    for number in 0..100 {
        assert!(is_readable_now(&event_fd));
        assert_eq!(next(&mut subscriber, &event_fd, &mut unwoken), number);
    }
    assert!(subscriber.try_recv().unwrap().is_none());
    assert!(!is_readable_now(&event_fd), "what filled it was read");
    publisher.publish(&100).unwrap();
    assert!(is_readable_now(&event_fd));
}

/// Whoever may write the hints can suppress a wake-up: that costs a second.
#[test]
fn corrupt_hints_cost_only_time() {
    use std::os::unix::fs::FileExt;
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let event_fd = subscriber.event_fd().unwrap();
    let mut publisher = publisher(&domain, "x");
    let hints = std::fs::File::options().write(true).open(domain.path().join("x").join("topic")).unwrap();
    let mut unwoken = 0;
    for number in 0..3 {
        assert!(subscriber.try_recv().unwrap().is_none());
        hints.write_all_at(&[0; 4088], 8).unwrap();
        publisher.publish(&number).unwrap();
        assert_eq!(next(&mut subscriber, &event_fd, &mut unwoken), number);
    }
    let noise: Vec<u8> = (0..4088_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for number in 3..6 {
        assert!(subscriber.try_recv().unwrap().is_none());
        hints.write_all_at(&noise[usize::try_from(number).unwrap()..], 8).unwrap();
        publisher.publish(&number).unwrap();
        assert_eq!(next(&mut subscriber, &event_fd, &mut unwoken), number);
    }
}

/// The topic's files are removed: the receiver finds the new ones, and is woken by publishers that
/// join there.
#[test]
fn it_survives_the_removal_of_its_topic() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let event_fd = subscriber.event_fd().unwrap();
    let mut old = publisher(&domain, "x");
    assert!(subscriber.try_recv().unwrap().is_none());
    std::fs::remove_dir_all(domain.path().join("x")).unwrap();
    let mut new = publisher(&domain, "x");
    let mut unwoken = 0;
    new.publish(&1).unwrap();
    assert_eq!(next(&mut subscriber, &event_fd, &mut unwoken), 1);
    old.publish(&2).unwrap();
    assert_eq!(next(&mut subscriber, &event_fd, &mut unwoken), 2);
    drop(old);
    while subscriber.publishers().unwrap().len() > 1 {}
    let before = unwoken;
    for number in 3..20 {
        assert!(subscriber.try_recv().unwrap().is_none());
        new.publish(&number).unwrap();
        assert_eq!(next(&mut subscriber, &event_fd, &mut unwoken), number);
    }
    assert!(unwoken <= before + 1, "it is woken in the new place");
}

#[test]
fn a_rate_limit_makes_it_readable_when_a_message_is_due() {
    let domain = TempDomain::new();
    let builder = Subscriber::<u64>::builder("x").domain(&domain).rate_limit(20.0);
    let mut subscriber = builder.create().unwrap();
    let event_fd = subscriber.event_fd().unwrap();
    let mut publisher = publisher(&domain, "x");
    let mut unwoken = 0;
    publisher.publish(&0).unwrap();
    assert_eq!(next(&mut subscriber, &event_fd, &mut unwoken), 0);
    publisher.publish(&1).unwrap();
    publisher.publish(&2).unwrap();
    assert!(subscriber.try_recv().unwrap().is_none());
    assert!(!is_readable_now(&event_fd), "nothing is due");
    assert_eq!(next(&mut subscriber, &event_fd, &mut unwoken), 2);
}

/// Blocking calls and the descriptor can be mixed: neither misses a message.
#[test]
fn blocking_calls_do_not_disturb_it() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let event_fd = subscriber.event_fd().unwrap();
    let mut publisher = publisher(&domain, "x");
    let mut unwoken = 0;
    for number in 0..100 {
        publisher.publish(&number).unwrap();
        let received = if number % 3 == 0 {
            *subscriber.recv_timeout(testing::PATIENCE).unwrap().unwrap()
        } else {
            next(&mut subscriber, &event_fd, &mut unwoken)
        };
        assert_eq!(received, number);
        if number % 5 == 0 {
            assert!(subscriber.recv_timeout(Duration::from_micros(1)).unwrap().is_none());
        }
    }
    assert_eq!(unwoken, 0);
}

#[test]
fn child_rests_repeatedly() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain(), "x", Wait::Sleep);
        let mut publisher = publisher(script.domain(), "x");
        let event_fd = subscriber.event_fd().unwrap();
        let mut holdings = [(); 2].map(|()| {
            for number in 0..25_000 {
                assert!(subscriber.try_recv().unwrap().is_none());
                if number % 2 == 0 {
                    publisher.publish(&number).unwrap();
                    assert!(is_readable_now(&event_fd));
                    assert_eq!(*subscriber.try_recv().unwrap().unwrap(), number);
                }
            }
            Holdings::now()
        });
        assert!(holdings[1].resident_kib <= holdings[0].resident_kib + 64, "{holdings:?}");
        holdings[1].resident_kib = holdings[0].resident_kib;
        assert_eq!(holdings[0], holdings[1]);
        script.say("done");
    });
}

#[test]
fn many_waits_leave_nothing() {
    let domain = TempDomain::new();
    let mut other = Process::start("descriptors::child_rests_repeatedly", &domain, &[]);
    other.expect("done");
    other.finish();
}

#[test]
fn child_publishes_to_many() {
    testing::process(|script| {
        let mut publisher = publisher(script.domain(), "x");
        script.say("ready");
        script.hear("go");
        let before = Holdings::now();
        publisher.publish(&7).unwrap();
        let after = Holdings::now();
        assert!(after.descriptors <= before.descriptors + 64, "{before:?}, then {after:?}");
        script.say("published");
        script.hear("again");
        publisher.publish(&8).unwrap();
        script.say("published");
        script.hear("end");
    });
}

/// Waiting receivers do not use up the descriptors of a publisher.
#[test]
fn many_receivers_are_woken_with_few_descriptors() {
    let domain = TempDomain::new();
    let mut other = Process::start("descriptors::child_publishes_to_many", &domain, &[]);
    other.expect("ready");
    let mut all: Vec<_> = (0..100)
        .map(|_| {
            let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
            let event_fd = subscriber.event_fd().unwrap();
            (subscriber, event_fd)
        })
        .collect();
    for (word, number) in [("go", 7), ("again", 8)] {
        for (subscriber, event_fd) in &mut all {
            while subscriber.try_recv().unwrap().is_some() || is_readable_now(event_fd) {}
        }
        let start = Instant::now();
        other.tell(word);
        other.expect("published");
        for (subscriber, event_fd) in &mut all {
            assert!(is_readable(event_fd, testing::PATIENCE));
            assert_eq!(*subscriber.try_recv().unwrap().unwrap(), number);
        }
        println!("{:?}", start.elapsed());
    }
    other.tell("end");
    other.finish();
}

/// Somebody sends to the wake socket endlessly: a poll ends nevertheless.
#[test]
fn an_endless_stream_of_wake_ups_blocks_nobody() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    subscriber.event_fd().unwrap();
    let mut publisher = publisher(&domain, "x");
    let wake_socket = std::fs::read_dir(domain.path().join("x")).unwrap().map(|entry| entry.unwrap().path());
    let wake_socket =
        wake_socket.into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with("b-")).unwrap();
    let closer = subscriber.closer();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let flags = SocketFlags::CLOEXEC;
                let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None).unwrap();
                rustix::net::connect(&socket, &SocketAddrUnix::new(&wake_socket).unwrap()).unwrap();
                while !closer.is_closed() {
                    let _ = rustix::net::send(&socket, &[7], SendFlags::DONTWAIT);
                }
            });
        }
        for number in 0..1000 {
            publisher.publish(&number).unwrap();
            let start = Instant::now();
            assert_eq!(*subscriber.try_recv().unwrap().unwrap(), number);
            assert!(subscriber.try_recv().unwrap().is_none());
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        }
        closer.close();
    });
}
