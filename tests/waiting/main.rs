//! Receivers that wait: they are woken, they give up in time, and a peer that dies or lies costs
//! them no message.

mod closing;
mod descriptors;
mod ends;
mod removal;
mod signals;

use slotcast::registry::TopicDirectory;
use slotcast::testing::{self, Process, Script, TempDomain};
use slotcast::{EndpointId, Publisher, Subscriber, TopicName, Wait};
use slotcast_tests::holdings::{Holdings, processor_time};
use slotcast_tests::segment::{Segment, announcement, word};
use slotcast_tests::system_calls;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

fn publisher(domain: &slotcast::Domain, topic: &str) -> Publisher<u64> {
    Publisher::builder(topic).domain(domain).create().unwrap()
}

fn subscriber(domain: &slotcast::Domain, topic: &str, wait: Wait) -> Subscriber<u64> {
    Subscriber::builder(topic).domain(domain).wait(wait).create().unwrap()
}

fn wait_of(name: &str) -> Wait {
    match name {
        "spin" => Wait::Spin,
        "hybrid" => Wait::default(),
        _ => Wait::Sleep,
    }
}

/// Lets `membarrier` fail in this process from now on.
fn forbid_membarrier() {
    system_calls::refuse(libc::SYS_membarrier);
}

/// Arguments: how to wait, and `without` to have no membarrier. Sends back each number, until it is
/// `u64::MAX`.
#[test]
fn child_echoes() {
    testing::process(|script: Script| {
        if script.argument::<String>(1) == "without" {
            forbid_membarrier();
        }
        let mut requests = subscriber(script.domain(), "request", wait_of(&script.argument::<String>(0)));
        let mut replies = publisher(script.domain(), "reply");
        script.say("ready");
        loop {
            let number = *requests.recv().unwrap();
            replies.publish(&number).unwrap();
            if number == u64::MAX {
                break;
            }
        }
    });
}

fn exchange(domain: &TempDomain, wait: &str, with: &str, count: u64) {
    let mut replies = subscriber(domain, "reply", wait_of(wait));
    let mut requests = publisher(domain, "request");
    let mut other = Process::start("child_echoes", domain, &[wait, with]);
    other.expect("ready");
    let start = Instant::now();
    for number in (0..count).chain([u64::MAX]) {
        requests.publish(&number).unwrap();
        assert_eq!(*replies.recv().unwrap(), number);
        assert!(start.elapsed() < testing::PATIENCE, "{number} of {count}: wake-ups are lost");
    }
    other.finish();
}

#[test]
fn processes_wake_each_other() {
    exchange(&TempDomain::new(), "sleep", "with", 20_000);
}

#[test]
fn processes_that_poll_before_they_sleep_wake_each_other() {
    exchange(&TempDomain::new(), "hybrid", "with", 20_000);
}

#[test]
fn processes_spin() {
    exchange(&TempDomain::new(), "spin", "with", 1_000);
}

/// The publisher of the other side has to fence, and its receiver has to wake by itself.
#[test]
fn processes_wake_each_other_where_one_has_no_membarrier() {
    exchange(&TempDomain::new(), "sleep", "without", 2_000);
}

#[test]
fn a_wait_ends_when_its_time_is_over() {
    let domain = TempDomain::new();
    for wait in [Wait::Spin, Wait::default(), Wait::Sleep] {
        let mut subscriber = subscriber(&domain, "x", wait);
        let _publisher = publisher(&domain, "x");
        for time in [Duration::ZERO, Duration::from_millis(15)] {
            let start = Instant::now();
            assert!(subscriber.recv_timeout(time).unwrap().is_none());
            assert!(start.elapsed() >= time, "{wait:?}, {time:?}");
            assert!(subscriber.recv_deadline(start).unwrap().is_none());
        }
    }
}

#[test]
fn an_available_message_needs_no_time() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    publisher(&domain, "x").publish(&7).unwrap();
    // Its publisher has already left, and was never seen.
    assert!(subscriber.recv_timeout(Duration::ZERO).unwrap().is_none());
    let mut publisher = publisher(&domain, "x");
    publisher.publish(&8).unwrap();
    assert_eq!(*subscriber.recv_timeout(Duration::ZERO).unwrap().unwrap(), 8);
    publisher.publish(&9).unwrap();
    assert_eq!(*subscriber.recv_timeout(Duration::MAX).unwrap().unwrap(), 9);
    publisher.publish(&10).unwrap();
    assert_eq!(*subscriber.iter().next().unwrap().unwrap(), 10);
}

#[test]
fn child_receives_one() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain(), "x", Wait::Sleep);
        script.say("waiting");
        script.say(&subscriber.recv().unwrap().to_string());
    });
}

#[test]
fn a_new_publisher_wakes_waiting_receivers() {
    let domain = TempDomain::new();
    let mut other = Process::start("child_receives_one", &domain, &[]);
    other.expect("waiting");
    let mut publisher = publisher(&domain, "x");
    publisher.publish(&7).unwrap();
    other.expect("7");
    other.finish();
}

/// One system call wakes all sleepers: the publisher counts it.
#[test]
fn one_publish_wakes_all_sleepers() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain, "x");
    let mut sleepers: Vec<_> = (0..8).map(|_| Process::start("child_receives_one", &domain, &[])).collect();
    sleepers.iter_mut().for_each(|sleeper| sleeper.expect("waiting"));
    let doorbell = || {
        let mut word = [0; 8];
        let file = std::fs::File::open(domain.path().join("x").join("topic")).unwrap();
        file.read_exact_at(&mut word, 192).unwrap();
        u64::from_le_bytes(word)
    };
    testing::until("they sleep", || doorbell() & 1 == 1 && sleepers.iter().all(|sleeper| is_asleep(sleeper.id())));
    let before = doorbell() >> 2;
    publisher.publish(&7).unwrap();
    assert_eq!(doorbell() >> 2, before + 1);
    for mut sleeper in sleepers {
        sleeper.expect("7");
        sleeper.finish();
    }
    assert_eq!(doorbell() >> 2, before + 1, "nobody was woken by another ring");
}

/// Returns whether all threads of a process sleep.
fn is_asleep(process: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('S'))
    })
}

#[test]
fn receivers_that_are_killed_or_stopped_asleep_harm_nobody() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain, "x");
    let mut dead = Process::start("child_receives_one", &domain, &[]);
    dead.expect("waiting");
    let mut stopped = Process::start("child_receives_one", &domain, &[]);
    stopped.expect("waiting");
    stopped.stop();
    dead.kill();
    let mut other = Process::start("child_receives_one", &domain, &[]);
    other.expect("waiting");
    publisher.publish(&7).unwrap();
    other.expect("7");
    stopped.go_on();
    stopped.expect("7");
    other.finish();
    stopped.finish();
}

/// Whatever is written to the page of hints, which every endpoint of the user may write, messages
/// arrive.
#[test]
fn corrupt_hints_cost_only_time() {
    let domain = TempDomain::new();
    let mut other = Process::start("child_echoes", &domain, &["sleep", "with"]);
    other.expect("ready");
    let mut replies = subscriber(&domain, "reply", Wait::Sleep);
    let mut requests = publisher(&domain, "request");
    let hints = ["request", "reply"]
        .map(|topic| std::fs::File::options().write(true).open(domain.path().join(topic).join("topic")).unwrap());
    let noise: Vec<u8> = (0..4088_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for number in (0..100).chain([u64::MAX]) {
        for file in &hints {
            let shift = usize::try_from(number % 64).unwrap();
            file.write_all_at(&noise[shift..], 8).unwrap();
        }
        requests.publish(&number).unwrap();
        assert_eq!(*replies.recv().unwrap(), number);
    }
    other.finish();
}

#[test]
fn with_a_rate_limit_a_waiting_receiver_gets_the_newest_when_it_is_due() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain, "x");
    let builder = Subscriber::<u64>::builder("x").domain(&domain).wait(Wait::Sleep).rate_limit(20.0);
    let mut subscriber = builder.create().unwrap();
    publisher.publish(&0).unwrap();
    assert_eq!(*subscriber.recv().unwrap(), 0);
    let start = Instant::now();
    publisher.publish(&1).unwrap();
    publisher.publish(&2).unwrap();
    assert!(subscriber.try_recv().unwrap().is_none());
    assert_eq!(*subscriber.recv().unwrap(), 2);
    assert!(start.elapsed() >= Duration::from_millis(40), "{:?}", start.elapsed());
    assert_eq!((subscriber.skipped(), subscriber.lost()), (1, 0));
}

/// A publisher that claims more messages than it has.
#[test]
fn a_lying_head_keeps_no_receiver_busy() {
    let domain = TempDomain::new();
    let builder = Subscriber::<u64>::builder("x").domain(&domain).wait(Wait::Sleep).rate_limit(1000.0);
    let mut subscriber = builder.create().unwrap();
    let id = EndpointId::random().unwrap();
    let segment = Segment::of::<u64>(id, 128, 64);
    segment.set_stamp(0, 2);
    segment.set(word::HEAD, 1);
    let topic = TopicDirectory::enter(&domain, &TopicName::new("x").unwrap()).unwrap();
    let _entry = topic.announce(&announcement::<u64>(id, Some(segment.memory()))).unwrap();
    assert!(subscriber.recv_timeout(testing::PATIENCE).unwrap().is_some());
    segment.set(word::HEAD, 2);
    let event_fd = subscriber.event_fd().unwrap();
    let (start, before) = (Instant::now(), processor_time());
    assert!(subscriber.recv_timeout(Duration::from_millis(400)).unwrap().is_none());
    while start.elapsed() < Duration::from_millis(800) {
        assert!(subscriber.try_recv().unwrap().is_none());
        descriptors::is_readable(&event_fd, Duration::from_millis(400));
    }
    let used = processor_time() - before;
    assert!(used < start.elapsed() / 3, "it was kept busy: {used:?}");
}

/// Whichever of them publishes, and however often the receiver has to scan all.
#[test]
fn two_hundred_publishers_wake_one_receiver() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "x", Wait::Sleep);
    let mut publishers: Vec<_> = (0..200).map(|_| publisher(&domain, "x")).collect();
    let (sender, received) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        while let Ok(number) = subscriber.recv() {
            sender.send(*number).unwrap();
            if *number == u64::MAX {
                break;
            }
        }
    });
    let start = Instant::now();
    for (number, publisher) in (0..).zip(&mut publishers) {
        publisher.publish(&number).unwrap();
        assert_eq!(received.recv_timeout(testing::PATIENCE), Ok(number));
    }
    // By the clock alone it would take 10 s on average, and up to 20 s.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    publishers[0].publish(&u64::MAX).unwrap();
    assert_eq!(received.recv_timeout(testing::PATIENCE), Ok(u64::MAX));
}

#[test]
fn child_gives_up() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain(), "x", Wait::Sleep);
        let mut publisher = publisher(script.domain(), "x");
        let mut holdings = [(); 2].map(|()| {
            for _ in 0..10_000 {
                assert!(subscriber.recv_timeout(Duration::from_micros(1)).unwrap().is_none());
            }
            Holdings::now()
        });
        assert!(holdings[1].resident_kib <= holdings[0].resident_kib + 64, "{holdings:?}");
        holdings[1].resident_kib = holdings[0].resident_kib;
        assert_eq!(holdings[0], holdings[1]);
        publisher.publish(&7).unwrap();
        assert_eq!(*subscriber.recv().unwrap(), 7);
        script.say("done");
    });
}

#[test]
fn waits_that_are_given_up_leave_nothing() {
    let domain = TempDomain::new();
    let mut other = Process::start("child_gives_up", &domain, &[]);
    other.expect("done");
    other.finish();
}
