//! What a publisher does when it has no capacity.

use crate::{LONG, TOPIC, numbers, publisher, subscriber};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{LaggardPolicy, ProcessState, PublishError, Publisher, RecvError, Subscriber};
use slotcast_tests::holdings::processor_time;
use slotcast_tests::system_calls;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(30);

#[test]
fn try_publish_and_try_send_never_wait() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut publisher = publisher(&domain).depth(4).create().unwrap();
    for number in 0..4 {
        assert_eq!(publisher.try_publish(&number).unwrap(), number);
    }
    assert!(matches!(publisher.try_publish(&4), Err(PublishError::Full { .. })));
    let mut loan = publisher.loan().unwrap();
    *loan = 4;
    let error = publisher.try_send(loan).unwrap_err();
    assert!(matches!(error.reason, PublishError::Full { .. }), "{error}");
    let loan = error.into_inner();
    assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 0);
    assert_eq!(publisher.try_send(loan).unwrap(), 4);
    assert!(matches!(publisher.try_publish(&5), Err(PublishError::Full { .. })));
    assert_eq!(numbers(&mut subscriber), [1, 2, 3, 4]);
    assert_eq!(publisher.try_publish(&5).unwrap(), 5);
    assert_eq!((numbers(&mut subscriber), subscriber.lost()), (vec![5], 0));
}

#[test]
fn a_publisher_waits_no_longer_than_its_timeout_and_names_the_laggards() {
    let domain = TempDomain::new();
    let mut slow = subscriber(&domain).name("slow").create().unwrap();
    let mut fast = subscriber(&domain).name("fast").create().unwrap();
    let mut publisher = publisher(&domain).depth(4).lossless(SHORT).create().unwrap();
    for number in 0..4 {
        publisher.publish(&number).unwrap();
    }
    assert_eq!(numbers(&mut fast), [0, 1, 2, 3]);
    let start = Instant::now();
    let Err(PublishError::LagTimeout(behind)) = publisher.publish(&4) else { panic!("it is full") };
    assert!(start.elapsed() >= SHORT && behind.waited >= SHORT, "{behind:?}");
    assert!(start.elapsed() < LONG / 3 && behind.waited <= start.elapsed(), "{behind:?}");
    assert_eq!((behind.worst.unread, behind.others, behind.worst.has_begun), (4, 0, false));
    assert_eq!(behind.worst.subscriber.name, "slow");
    let text = PublishError::LagTimeout(behind).to_string();
    assert!(text.contains("\"slow\"") && text.contains("4 messages"), "{text}");
    assert!(text.contains("has not begun to read"), "{text}");
    let mut loan = publisher.loan().unwrap();
    *loan = 4;
    let error = publisher.send(loan).unwrap_err();
    assert!(error.to_string().contains("\"slow\""), "{error}");
    assert_eq!(numbers(&mut slow), [0, 1, 2, 3]);
    assert_eq!(publisher.send(error.into_inner()).unwrap(), 4, "nothing was published in between");
    assert_eq!((numbers(&mut slow), numbers(&mut fast)), (vec![4], vec![4]));
    for number in 5..9 {
        publisher.publish(&number).unwrap();
    }
    let Err(PublishError::LagTimeout(behind)) = publisher.publish(&9) else { panic!("it is full") };
    assert_eq!((behind.worst.unread, behind.others, behind.worst.has_begun), (4, 1, true));
    assert_eq!(behind.worst.state, ProcessState::Running);
    assert!(behind.to_string().contains("1 other lags"), "{behind}");
}

#[test]
fn a_publisher_that_waits_sleeps() {
    let domain = TempDomain::new();
    let _slow = subscriber(&domain).create().unwrap();
    let wait = Duration::from_secs(1);
    let mut publisher = publisher(&domain).depth(1).lossless(wait).create().unwrap();
    publisher.publish(&0).unwrap();
    let before = processor_time();
    let Err(PublishError::LagTimeout(behind)) = publisher.publish(&1) else { panic!("it is full") };
    let used = processor_time() - before;
    assert!(behind.waited >= wait && used < wait / 10, "{used:?} of {:?}", behind.waited);
    let before = processor_time();
    publisher.close(wait).unwrap_err();
    let used = processor_time() - before;
    assert!(used < wait / 10, "{used:?} until it was closed");
}

#[test]
fn laggards_can_be_detached_and_learn_of_it_once() {
    let domain = TempDomain::new();
    let mut slow = subscriber(&domain).create().unwrap();
    let mut fast = subscriber(&domain).create().unwrap();
    let mut publisher = publisher(&domain).depth(4).lossless(SHORT).laggards(LaggardPolicy::Detach).create().unwrap();
    for number in 0..4 {
        publisher.publish(&number).unwrap();
    }
    assert_eq!(numbers(&mut fast), [0, 1, 2, 3]);
    assert_eq!(*slow.try_recv().unwrap().unwrap(), 0);
    let mut published = 4;
    let start = Instant::now();
    while published < 100 {
        publisher.publish(&published).unwrap();
        assert_eq!(numbers(&mut fast), [published]);
        published += 1;
    }
    assert!(start.elapsed() < LONG / 2, "it waited once");
    assert_eq!(fast.lost(), 0);
    let (mut errors, mut got) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        match slow.try_recv() {
            Ok(Some(sample)) => got.push(*sample),
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    assert_eq!(got, [96, 97, 98, 99]);
    assert_eq!(slow.lost(), 95);
    assert!(matches!(&errors[..], [RecvError::NotLossless { .. }]), "{errors:?}");
    assert!(errors[0].to_string().contains("was detached"), "{errors:?}");
}

#[test]
fn a_lossy_subscriber_is_not_waited_for() {
    let domain = TempDomain::new();
    let mut lossy = Subscriber::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
    let mut publisher = publisher(&domain).depth(4).create().unwrap();
    for number in 0..100 {
        publisher.try_publish(&number).unwrap();
    }
    assert_eq!(numbers(&mut lossy), [96, 97, 98, 99]);
}

#[test]
fn a_subscriber_that_leaves_blocks_no_publisher() {
    let domain = TempDomain::new();
    let subscribers: Vec<_> = (0..64).map(|_| subscriber(&domain).create().unwrap()).collect();
    let mut publisher = publisher(&domain).depth(1).create().unwrap();
    publisher.publish(&0).unwrap();
    assert!(matches!(publisher.try_publish(&1), Err(PublishError::Full { .. })));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(5));
            drop(subscribers);
        });
        assert_eq!(publisher.publish(&1).unwrap(), 1);
    });
}

#[test]
fn a_reading_thread_wakes_the_publishing_thread() {
    let domain = TempDomain::new();
    for depth in [1, 2, 3, 64] {
        let mut subscriber = subscriber(&domain).create().unwrap();
        let mut publisher = publisher(&domain).depth(depth).create().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || (0..20_000).for_each(|number| assert_eq!(publisher.publish(&number).unwrap(), number)));
            for number in 0..20_000 {
                assert_eq!(*subscriber.recv().unwrap(), number);
            }
        });
        assert_eq!(subscriber.lost(), 0);
    }
}

#[test]
fn two_lossless_publishers_do_not_affect_each_other() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut publishers: Vec<Publisher<u64>> = (0..2).map(|_| publisher(&domain).depth(2).create().unwrap()).collect();
    std::thread::scope(|scope| {
        for (first, publisher) in (0..).zip(&mut publishers) {
            scope.spawn(move || {
                for number in 0..5_000 {
                    publisher.publish(&(2 * number + first)).unwrap();
                }
            });
        }
        let mut next = [0, 1];
        for _ in 0..10_000 {
            let number = *subscriber.recv().unwrap();
            let of = usize::try_from(number % 2).unwrap();
            assert_eq!(number, next[of]);
            next[of] += 2;
        }
    });
    assert_eq!(subscriber.lost(), 0);
}

/// Much longer than a publisher waits that is woken, and shorter than one that has to wake by
/// itself.
const OVERSLEPT: Duration = Duration::from_millis(15);

/// Argument: whether the kernel has `membarrier`. Publishes into a ring of two, and reports how
/// often it has overslept.
#[test]
fn child_publishes() {
    testing::process(|script| {
        if script.argument::<String>(0) == "without" {
            system_calls::refuse(libc::SYS_membarrier);
        }
        let mut publisher = publisher(script.domain()).depth(2).create().unwrap();
        let mut overslept = 0;
        for number in 0..1000 {
            let start = Instant::now();
            assert_eq!(publisher.publish(&number), Ok(number));
            overslept += u64::from(start.elapsed() > OVERSLEPT);
        }
        publisher.close(LONG).unwrap();
        script.say(&overslept.to_string());
    });
}

/// The same for a subscriber. It reads slowly, so that the publisher falls asleep.
#[test]
fn child_receives() {
    testing::process(|script| {
        if script.argument::<String>(0) == "without" {
            system_calls::refuse(libc::SYS_membarrier);
        }
        let mut subscriber = subscriber(script.domain()).create().unwrap();
        script.say("ready");
        for number in 0..1000 {
            assert_eq!(*subscriber.recv().unwrap(), number);
            if number % 10 == 0 {
                std::thread::sleep(Duration::from_micros(100));
            }
        }
        assert!(subscriber.try_recv().unwrap().is_none());
        script.say("done");
    });
}

#[test]
fn a_sleeping_publisher_is_woken_if_one_side_has_no_membarrier() {
    for (theirs, ours) in [("with", "with"), ("with", "without"), ("without", "with"), ("without", "without")] {
        let domain = TempDomain::new();
        let mut receiver = Process::start("full::child_receives", &domain, &[theirs]);
        receiver.expect("ready");
        let start = Instant::now();
        let mut sender = Process::start("full::child_publishes", &domain, &[ours]);
        let overslept: u64 = sender.listen().parse().unwrap();
        receiver.expect("done");
        // A few of some hundreds are tolerated: the machine may stall.
        assert!(overslept < 50, "{overslept} wake-ups are lost, {theirs} and {ours} membarrier");
        assert!(start.elapsed() < LONG / 2, "{:?}", start.elapsed());
        sender.finish();
        receiver.finish();
    }
}

/// Creates subscribers where the kernel has no `membarrier`, and reports how long the fastest took,
/// in microseconds.
#[test]
fn child_joins_without_barriers() {
    testing::process(|script| {
        system_calls::refuse(libc::SYS_membarrier);
        let _publisher = publisher(script.domain()).create().unwrap();
        let time = |_| {
            let start = Instant::now();
            let made = subscriber(script.domain()).create().unwrap();
            let time = start.elapsed();
            drop(made);
            time.as_micros()
        };
        script.say(&(0..50).map(time).min().unwrap().to_string());
    });
}

#[test]
fn a_subscriber_without_membarrier_waits_before_it_scans() {
    let domain = TempDomain::new();
    let mut process = Process::start("full::child_joins_without_barriers", &domain, &[]);
    let fastest: u32 = process.listen().parse().unwrap();
    assert!(fastest >= 1000, "{fastest} µs");
    process.finish();
}
