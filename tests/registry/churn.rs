//! Endpoints that join and leave by the thousand.

use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Publisher, Subscriber};
use slotcast_tests::holdings::{Holdings, assert_nothing_left, names};
use std::time::Instant;

const TOPIC: &str = "churn";
const TIMES: u64 = 2000;
/// Rounds before anything is compared: by then everything that is allocated once exists.
const WARM: u64 = 100;

/// In a process of its own, where no other test holds anything.
#[test]
fn child_creates_and_drops() {
    testing::process(|script| {
        let domain = script.domain();
        let mut staying = Subscriber::<u64>::builder(TOPIC).domain(domain).create().unwrap();
        let mut talking = Publisher::<u64>::builder(TOPIC).domain(domain).create().unwrap();
        let mut before = None;
        for number in 0..TIMES {
            let mut publisher = Publisher::<u64>::builder(TOPIC).domain(domain).create().unwrap();
            publisher.publish(&number).unwrap();
            assert_eq!(*staying.try_recv().unwrap().unwrap(), number);
            drop(publisher);
            let mut subscriber = Subscriber::<u64>::builder(TOPIC).domain(domain).create().unwrap();
            talking.publish(&number).unwrap();
            assert_eq!(*subscriber.try_recv().unwrap().unwrap(), number);
            assert_eq!(*staying.try_recv().unwrap().unwrap(), number);
            drop(subscriber);
            assert!(staying.try_recv().unwrap().is_none());
            if number == WARM {
                before = Some(Holdings::now());
            }
        }
        let (before, after) = (before.unwrap(), Holdings::now());
        assert_eq!(after.descriptors, before.descriptors);
        assert!(after.mappings <= before.mappings + 2, "{before:?} {after:?}");
        assert!(after.resident_kib <= before.resident_kib + 512, "{before:?} {after:?}");
        assert_eq!(staying.lost(), 0);
        script.say("done");
        script.hear("end");
    });
}

#[test]
fn two_thousand_joins_and_leaves_leave_no_trace() {
    let domain = TempDomain::new();
    let mut process = Process::start("churn::child_creates_and_drops", &domain, &[]);
    process.expect("done");
    let names = names(&domain, TOPIC);
    assert_eq!(names.len(), 4, "the topic, its schema, and two entries: {names:?}");
    process.tell("end");
    process.finish();
    assert_nothing_left(&domain);
}

#[test]
fn child_has_five_hundred() {
    testing::process(|script| {
        let domain = script.domain();
        let subscribe = |_| Subscriber::<u64>::builder(TOPIC).domain(domain).create().unwrap();
        let publish = |_| Publisher::<u64>::builder(TOPIC).domain(domain).create().unwrap();
        let start = Instant::now();
        let mut subscribers: Vec<_> = (0..490).map(subscribe).collect();
        println!("490 subscribers came in {:?}", start.elapsed());
        let start = Instant::now();
        let mut publishers: Vec<_> = (0..10).map(publish).collect();
        println!("10 publishers came to 490 subscribers in {:?}", start.elapsed());
        let start = Instant::now();
        for publisher in &mut publishers {
            publisher.publish(&7).unwrap();
        }
        println!("each published to 490 subscribers that had not polled yet, in {:?}", start.elapsed());
        let start = Instant::now();
        for subscriber in &mut subscribers {
            assert_eq!(subscriber.try_iter().map(Result::unwrap).count(), 10);
        }
        println!("each of 490 found 10 and received of all in {:?}", start.elapsed());
        let start = Instant::now();
        for publisher in &mut publishers {
            assert_eq!(publisher.publish(&8).unwrap(), 1);
        }
        let each = start.elapsed() / 10;
        assert!(each.as_micros() < 1000, "{each:?} for a message, with 490 attached");
        drop((subscribers, publishers));
        script.say("done");
    });
}

#[test]
fn five_hundred_endpoints_join_one_topic() {
    let domain = TempDomain::new();
    let start = Instant::now();
    let mut process = Process::start("churn::child_has_five_hundred", &domain, &[]);
    process.expect("done");
    process.finish();
    assert_nothing_left(&domain);
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}
