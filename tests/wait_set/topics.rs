//! Subscribers in a set, and their deadlines.

use crate::{SILENCE, sleeps, wait, wait_for};
use slotcast::testing::{self, PATIENCE, Process, TempDomain, until};
use slotcast::{Domain, Interest, Key, MemberEvent, Publisher, Ready, ReadyKind, Subscriber, WaitError, WaitSet};
use slotcast_tests::holdings::Holdings;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

const MESSAGES: u64 = 20;

fn publisher(domain: &Domain, topic: &str) -> Publisher<u64> {
    Publisher::builder(topic).domain(domain).create().unwrap()
}

fn subscriber(domain: &Domain, topic: &str) -> Subscriber<u64> {
    Subscriber::builder(topic).domain(domain).create().unwrap()
}

/// Receives everything available.
fn received(subscriber: &mut Subscriber<u64>) -> Vec<u64> {
    subscriber.try_iter().map(|message| *message.unwrap()).collect()
}

/// Returns the next event of the set, or an available message. About once a second the set reports
/// that there may be a message although there is none: this is skipped.
fn next(set: &mut WaitSet, key: Key, subscriber: &mut Subscriber<u64>) -> Result<Vec<u64>, Ready> {
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < PATIENCE, "nothing happens in {PATIENCE:?}");
        for ready in wait(set) {
            if (ready.key, ready.kind) != (key, ReadyKind::Messages) {
                return Err(ready);
            }
            let messages = received(subscriber);
            if !messages.is_empty() {
                return Ok(messages);
            }
        }
    }
}

/// Arguments: the number of the first topic, how many topics, and how many messages on each.
#[test]
fn child_publishes_on_many() {
    testing::process(|script| {
        let first: u64 = script.argument(0);
        let topics = first..first + script.argument::<u64>(1);
        let mut publishers: Vec<_> = topics.map(|topic| publisher(script.domain(), &format!("many/{topic}"))).collect();
        script.say("ready");
        script.hear("go");
        for number in 0..script.argument(2) {
            for publisher in &mut publishers {
                publisher.publish(&number).unwrap();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        script.say("published");
        script.hear("end");
    });
}

#[test]
fn a_thread_waits_for_two_hundred_topics_of_four_processes() {
    let domain = TempDomain::new();
    let mut set = WaitSet::new().unwrap();
    let mut subscribers = BTreeMap::new();
    for topic in 0..200 {
        let mut subscriber = subscriber(&domain, &format!("many/{topic}"));
        let key = set.add(&subscriber.event_fd().unwrap()).unwrap();
        subscribers.insert(key, (subscriber, Vec::new()));
    }
    assert_eq!(set.len(), 200);
    let mut others: Vec<_> = (0..4)
        .map(|other| (other * 50).to_string())
        .map(|first| Process::start("topics::child_publishes_on_many", &domain, &[&first, "50", &MESSAGES.to_string()]))
        .collect();
    others.iter_mut().for_each(|other| other.expect("ready"));
    others.iter_mut().for_each(|other| other.tell("go"));
    let (start, mut missing) = (Instant::now(), 200 * MESSAGES);
    while missing > 0 {
        for ready in wait(&mut set) {
            assert_eq!(ready.kind, ReadyKind::Messages);
            let (subscriber, messages) = subscribers.get_mut(&ready.key).unwrap();
            let new = received(subscriber);
            missing -= new.len() as u64;
            messages.extend(new);
        }
        assert!(start.elapsed() < PATIENCE, "{missing} messages are missing");
    }
    assert!(subscribers.values().all(|(_, messages)| messages.iter().copied().eq(0..MESSAGES)));
    for mut other in others {
        other.expect("published");
        other.tell("end");
        other.finish();
    }
}

#[test]
fn a_set_sleeps_when_everything_was_received() {
    let domain = TempDomain::new();
    let mut set = WaitSet::new().unwrap();
    let (mut subscriber, mut publisher) = (subscriber(&domain, "x"), publisher(&domain, "x"));
    let key = set.add(&subscriber.event_fd().unwrap()).unwrap();
    let mut waits = 0;
    let before = sleeps();
    let start = Instant::now();
    for number in 0..100 {
        publisher.publish(&number).unwrap();
        while received(&mut subscriber).is_empty() {
            assert_eq!(wait_for(&mut set, key), ReadyKind::Messages);
            waits += 1;
        }
        assert!(received(&mut subscriber).is_empty());
        waits += u64::from(!set.wait_timeout(Duration::from_millis(1)).unwrap().is_empty());
    }
    let most = 300 + start.elapsed().as_secs();
    assert!(waits <= most, "{waits} waits have ended for 100 messages");
    assert!(sleeps() - before <= 2 * most, "{} sleeps for 100 messages", sleeps() - before);
}

#[test]
fn what_is_not_received_is_reported_again_and_starves_nothing() {
    let domain = TempDomain::new();
    let mut set = WaitSet::new().unwrap();
    let (mut flooded, mut flood) = (subscriber(&domain, "flood"), publisher(&domain, "flood"));
    let (mut seldom, mut drop) = (subscriber(&domain, "drop"), publisher(&domain, "drop"));
    let flooded_key = set.add(&flooded.event_fd().unwrap()).unwrap();
    let seldom_key = set.add(&seldom.event_fd().unwrap()).unwrap();
    assert!(received(&mut seldom).is_empty());
    for number in 0..1000 {
        flood.publish(&number).unwrap();
        // One of many is received: more are always available.
        flood.publish(&number).unwrap();
        flooded.try_recv().unwrap().unwrap();
        drop.publish(&number).unwrap();
        let mut ready = wait(&mut set);
        ready.sort_by_key(|ready| ready.key);
        assert_eq!(ready.iter().map(|ready| ready.key).collect::<Vec<_>>(), [flooded_key, seldom_key]);
        assert_eq!(received(&mut seldom), [number]);
    }
}

#[test]
fn a_deadline_is_reported_once_and_again_after_a_message() {
    let domain = TempDomain::new();
    let mut set = WaitSet::new().unwrap();
    let mut subscriber = subscriber(&domain, "x");
    let key = set.add(&subscriber.event_fd().unwrap()).unwrap();
    let set_at = Instant::now();
    set.deadline(key, SILENCE).unwrap();
    let Err(Ready { kind: ReadyKind::Missed { silence }, .. }) = next(&mut set, key, &mut subscriber) else { panic!() };
    assert!(silence >= SILENCE && set_at.elapsed() >= silence, "{silence:?}");

    let (beat, mut publisher) = (set.interval(3 * SILENCE).unwrap(), publisher(&domain, "x"));
    for number in 0..3 {
        // Nothing more is reported, however long it is silent.
        let reported = next(&mut set, key, &mut subscriber).unwrap_err();
        assert_eq!((reported.key, matches!(reported.kind, ReadyKind::Interval { .. })), (beat, true), "{reported:?}");
        publisher.publish(&number).unwrap();
        let came = Instant::now();
        assert_eq!(next(&mut set, key, &mut subscriber), Ok(vec![number]));
        let Err(Ready { kind: ReadyKind::Missed { silence }, .. }) = next(&mut set, key, &mut subscriber) else {
            panic!()
        };
        assert!(silence >= SILENCE && came.elapsed() >= silence, "{silence:?}");
    }
    set.remove(beat).unwrap();
    set.deadline(key, Duration::MAX).unwrap();
    publisher.publish(&9).unwrap();
    assert_eq!(next(&mut set, key, &mut subscriber), Ok(vec![9]));
    let end = set.interval(3 * SILENCE).unwrap();
    assert_eq!(next(&mut set, key, &mut subscriber).unwrap_err().key, end, "it has no deadline any more");
}

/// Argument: after how many messages it stops. Publishes a message each millisecond.
#[test]
fn child_streams() {
    testing::process(|script| {
        let mut publisher = publisher(script.domain(), "x");
        for number in 0..script.argument(0) {
            publisher.publish(&number).unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
        script.say("silent");
        script.hear("end");
    });
}

#[test]
fn a_deadline_is_not_missed_while_messages_arrive() {
    // Long: on a busy machine the publisher may be delayed.
    const LATE: Duration = Duration::from_secs(2);
    let domain = TempDomain::new();
    let mut set = WaitSet::new().unwrap();
    let mut subscriber = subscriber(&domain, "x");
    let key = set.add(&subscriber.event_fd().unwrap()).unwrap();
    let mut other = Process::start("topics::child_streams", &domain, &["3000"]);
    assert!(next(&mut set, key, &mut subscriber).is_ok());
    set.deadline(key, LATE).unwrap();
    let (mut last, mut came) = (0, Instant::now());
    loop {
        match next(&mut set, key, &mut subscriber) {
            Ok(messages) => (last, came) = (*messages.last().unwrap(), Instant::now()),
            Err(reported) => {
                assert!(matches!(reported.kind, ReadyKind::Missed { silence } if silence >= LATE), "{reported:?}");
                assert!(came.elapsed() >= LATE && last == 2999, "{:?} after message {last}", came.elapsed());
                break;
            }
        }
    }
    other.expect("silent");
    other.tell("end");
    other.finish();
}

#[test]
fn a_subscriber_that_never_received_misses_no_deadline() {
    let domain = TempDomain::new();
    let mut set = WaitSet::new().unwrap();
    let (mut subscriber, mut publisher) = (subscriber(&domain, "x"), publisher(&domain, "x"));
    let key = set.add(&subscriber.event_fd().unwrap()).unwrap();
    assert!(received(&mut subscriber).is_empty());
    set.deadline(key, SILENCE).unwrap();
    publisher.publish(&1).unwrap();
    std::thread::sleep(2 * SILENCE);
    for _ in 0..10 {
        assert_eq!(wait_for(&mut set, key), ReadyKind::Messages);
    }
    assert_eq!(received(&mut subscriber), [1]);
    let Err(Ready { kind: ReadyKind::Missed { silence }, .. }) = next(&mut set, key, &mut subscriber) else { panic!() };
    assert!(silence >= SILENCE);
}

#[test]
fn deadlines_are_for_subscribers() {
    let mut set = WaitSet::new().unwrap();
    let (here, _there) = UnixStream::pair().unwrap();
    let descriptor = set.add_descriptor(&here, Interest::Readable).unwrap();
    let beat = set.interval(PATIENCE).unwrap();
    let (trigger, _) = set.trigger().unwrap();
    for key in [descriptor, beat, trigger] {
        let refused = set.deadline(key, SILENCE);
        assert!(matches!(refused, Err(WaitError::NoMessages(of)) if of == key), "{refused:?}");
    }
    set.remove(trigger).unwrap();
    assert!(matches!(set.deadline(trigger, SILENCE), Err(WaitError::Unknown(_))));
    let domain = TempDomain::new();
    let event_fd = subscriber(&domain, "x").event_fd().unwrap();
    let key = set.add(&event_fd).unwrap();
    assert!(matches!(set.deadline(key, Duration::ZERO), Err(WaitError::Zero("a deadline"))));
    assert!(matches!(set.add(&event_fd.clone()), Err(WaitError::Twice(of)) if of == key));
}

#[test]
fn a_subscriber_in_two_sets_is_reported_by_both() {
    let domain = TempDomain::new();
    let (mut subscriber, mut publisher) = (subscriber(&domain, "x"), publisher(&domain, "x"));
    let event_fd = subscriber.event_fd().unwrap();
    let mut sets = [WaitSet::new().unwrap(), WaitSet::new().unwrap()];
    let keys = sets.each_mut().map(|set| set.add(&event_fd).unwrap());
    assert_ne!(keys[0], keys[1]);
    assert!(received(&mut subscriber).is_empty());
    publisher.publish(&1).unwrap();
    for (set, key) in sets.iter_mut().zip(keys) {
        assert_eq!(wait_for(set, key), ReadyKind::Messages);
    }
}

#[test]
fn a_subscriber_that_is_dropped_is_silent() {
    let domain = TempDomain::new();
    let mut set = WaitSet::new().unwrap();
    let mut publisher = publisher(&domain, "x");
    // One that rests, one with available messages, one that has never polled, and one that is
    // closed repeatedly.
    let mut subscribers = [1, 2, 3, 4].map(|_| subscriber(&domain, "x"));
    let closer = subscribers[3].closer();
    let keys = subscribers.each_mut().map(|subscriber| set.add(&subscriber.event_fd().unwrap()).unwrap());
    assert!(received(&mut subscribers[0]).is_empty());
    assert!(received(&mut subscribers[1]).is_empty());
    publisher.publish(&1).unwrap();
    assert_eq!(received(&mut subscribers[0]), [1]);
    closer.close();
    drop(subscribers);
    closer.close();
    publisher.publish(&2).unwrap();
    // Longer than a living subscriber is ever silent.
    assert_eq!(set.wait_timeout(Duration::from_millis(1500)).unwrap(), []);
    keys.into_iter().for_each(|key| set.remove(key).unwrap());
    assert!(matches!(set.wait(), Err(WaitError::Empty)));
}

/// Ends with a subscriber in a set, of which a child has dropped its copy.
#[test]
fn child_drops_what_it_inherited() {
    testing::process(|script| {
        let mut set = WaitSet::new().unwrap();
        let (mut subscriber, mut publisher) = (subscriber(script.domain(), "x"), publisher(script.domain(), "x"));
        let key = set.add(&subscriber.event_fd().unwrap()).unwrap();
        assert!(received(&mut subscriber).is_empty());
        // SAFETY: the child drops its copies and exits.
        let child = unsafe { libc::fork() };
        if child == 0 {
            drop((set, subscriber, publisher));
            // SAFETY: exits the child without running anything else of it.
            unsafe { libc::_exit(0) }
        }
        let mut status = -1;
        // SAFETY: it is our child, and `status` is a valid reference.
        let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!((waited, status), (child, 0));
        // The clock of the descriptor still runs: it lets the subscriber poll though nothing wakes
        // it.
        assert_eq!(wait_for(&mut set, key), ReadyKind::Messages);
        assert!(received(&mut subscriber).is_empty());
        publisher.publish(&1).unwrap();
        assert_eq!(next(&mut set, key, &mut subscriber), Ok(vec![1]));
        script.say("in order");
    });
}

#[test]
fn a_forked_child_removes_no_subscriber_from_a_set() {
    let domain = TempDomain::new();
    let mut other = Process::start("topics::child_drops_what_it_inherited", &domain, &[]);
    other.expect("in order");
    other.finish();
}

#[test]
fn publishers_that_are_killed_disturb_no_set() {
    let domain = TempDomain::new();
    let mut set = WaitSet::new().unwrap();
    let mut subscriber = subscriber(&domain, "x");
    let key = set.add(&subscriber.event_fd().unwrap()).unwrap();
    for _ in 0..3 {
        let mut other = Process::start("topics::child_streams", &domain, &["1000000"]);
        assert!(next(&mut set, key, &mut subscriber).is_ok());
        other.kill();
        until("its last message was received", || {
            set.wait_timeout(SILENCE).unwrap();
            received(&mut subscriber).is_empty() && subscriber.publishers().unwrap().is_empty()
        });
    }
}

#[test]
fn a_set_reports_arrivals_and_deaths() {
    let domain = TempDomain::new();
    let mut set = WaitSet::new().unwrap();
    let subscriber = subscriber(&domain, "x");
    let mut membership = subscriber.membership().unwrap();
    let key = set.add_descriptor(&membership, Interest::Readable).unwrap();
    let mut next = |set: &mut WaitSet| {
        let start = Instant::now();
        loop {
            if let Some(event) = membership.try_next().unwrap() {
                return event;
            }
            assert!(matches!(wait_for(set, key), ReadyKind::Descriptor { readable: true, .. }));
            assert!(start.elapsed() < PATIENCE, "nothing is reported in {PATIENCE:?}");
        }
    };
    let mut other = Process::start("topics::child_streams", &domain, &["1000000"]);
    assert!(matches!(next(&mut set), MemberEvent::Joined(peer) if peer.pid == other.id()));
    other.kill();
    assert!(matches!(next(&mut set), MemberEvent::Died(peer) if peer.pid == other.id()));
    assert!(membership.try_next().unwrap().is_none());
    drop(membership);
    let _publisher = publisher(&domain, "x");
    assert_eq!(set.wait_timeout(Duration::from_millis(500)).unwrap(), [], "it is removed");
}

/// Subscribers are added and removed in one set, in a process of its own.
#[test]
fn child_adds_and_removes() {
    testing::process(|script| {
        let mut set = WaitSet::new().unwrap();
        let mut publisher = publisher(script.domain(), "x");
        let mut cycle = |count| {
            for number in 0..count {
                let mut subscriber = subscriber(script.domain(), "x");
                let key = set.add(&subscriber.event_fd().unwrap()).unwrap();
                set.deadline(key, PATIENCE).unwrap();
                publisher.publish(&number).unwrap();
                assert_eq!(wait_for(&mut set, key), ReadyKind::Messages);
                assert_eq!(received(&mut subscriber), [number]);
                set.remove(key).unwrap();
            }
        };
        cycle(100);
        let before = Holdings::now();
        cycle(1000);
        let after = Holdings::now();
        assert_eq!((after.descriptors, after.mappings), (before.descriptors, before.mappings));
        assert!(after.resident_kib <= before.resident_kib + 512, "{before:?}, then {after:?}");
        script.say("as before");
    });
}

#[test]
fn a_thousand_subscribers_leave_nothing() {
    let domain = TempDomain::new();
    let mut other = Process::start("topics::child_adds_and_removes", &domain, &[]);
    other.expect("as before");
    other.finish();
}

#[test]
fn subscribers_with_and_without_a_type_are_added_by_themselves() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain, "x");
    let mut typed = subscriber(&domain, "x");
    let mut untyped = slotcast::dynamic::Subscriber::builder("x").domain(&domain).create().unwrap();
    let mut set = WaitSet::new().unwrap();
    let keys = [set.add_subscriber(&mut typed).unwrap(), set.add_subscriber(&mut untyped).unwrap()];
    let twice = set.add_subscriber(&mut typed).unwrap_err();
    assert!(matches!(twice, WaitError::Twice(key) if key == keys[0]), "{twice}");
    assert_eq!((received(&mut typed), untyped.try_recv().unwrap().is_none()), (vec![], true));
    publisher.publish(&7).unwrap();
    let mut reported = BTreeSet::new();
    until("both are reported", || {
        reported.extend(wait(&mut set).into_iter().map(|ready| ready.key));
        keys.iter().all(|key| reported.contains(key))
    });
    assert_eq!(received(&mut typed), [7]);
    assert_eq!(untyped.try_recv().unwrap().unwrap().value().unwrap().as_int(), Some(7));
}
