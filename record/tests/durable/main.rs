//! Subscribers that come late, at random moments, while processes publish, die and are started again:
//! each gets every message of each publisher once and in order.

use slotcast::dynamic::Layout;
use slotcast::schema::Schema;
use slotcast::testing::{self, PATIENCE, Process, TempDomain, until};
use slotcast::{EndpointId, Publisher, ShmMessage, TopicName};
use slotcast_record::{DurableError, DurableLog, DurableMessage, DurableSubscriber};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const TOPIC: &str = "counter";

/// Publishes so many numbers without loss, with pauses, and stays.
#[test]
fn child_publishes() {
    testing::process(|script| {
        let builder = Publisher::<u64>::builder(TOPIC).depth(16).domain(script.domain()).lossless(PATIENCE);
        let mut publisher = builder.create().unwrap();
        let is_kept = || publisher.subscribers().unwrap().iter().any(|peer| &*peer.name == "slotcast log");
        until("the log has found it", is_kept);
        script.say("ready");
        script.hear("go");
        for number in 0..script.argument::<u64>(0) {
            publisher.publish(&number).unwrap();
            if number % 100 == 99 {
                std::thread::sleep(Duration::from_micros(300));
            }
        }
        script.say("published");
        script.hear("end");
    });
}

/// Keeps the log until it is killed.
#[test]
fn child_keeps_the_log() {
    testing::process(|script| {
        let folder = tempfile::tempdir().unwrap();
        let log = DurableLog::builder().all().lossless().domain(script.domain()).start(&folder).unwrap();
        drop(folder); // its file has no name
        script.say("keeps");
        loop {
            let mut command = String::new();
            if std::io::stdin().read_line(&mut command).unwrap() == 0 {
                break;
            }
            assert!(log.wait_for_messages(command.trim().parse().unwrap(), PATIENCE), "{:?}", log.status());
            script.say("has them");
        }
    });
}

fn keeper(domain: &TempDomain) -> Process {
    let mut keeper = Process::start("child_keeps_the_log", domain, &[]);
    keeper.expect("keeps");
    keeper
}

fn publisher(domain: &TempDomain, messages: u64) -> Process {
    let mut child = Process::start("child_publishes", domain, &[&messages.to_string()]);
    child.expect("ready");
    child
}

fn number(message: &DurableMessage) -> u64 {
    u64::from_le_bytes(message.bytes().try_into().unwrap())
}

/// Receives until there are so many messages of each of so many publishers. Each must be the next of its
/// publisher.
#[track_caller]
fn receive_all(late: &mut DurableSubscriber, publishers: usize, messages: u64) -> u64 {
    let (mut next, mut logged) = (BTreeMap::<EndpointId, u64>::new(), 0);
    let until = Instant::now() + PATIENCE;
    while next.len() < publishers || next.values().any(|&next| next < messages) {
        assert!(Instant::now() < until, "{next:?}, {late:?}");
        let Some(message) = late.next_timeout(Duration::from_millis(100)).unwrap() else { continue };
        let expected = next.entry(message.publisher()).or_default();
        assert_eq!((message.sequence(), number(&message)), (*expected, *expected));
        *expected += 1;
        logged += u64::from(message.is_logged());
    }
    assert_eq!(late.lost(), 0);
    logged
}

#[test]
fn joiners_at_any_moment_get_each_message_once_and_in_order() {
    const MESSAGES: u64 = 20_000;
    let domain = TempDomain::new();
    let mut keeper = keeper(&domain);
    let mut publishers = [publisher(&domain, MESSAGES), publisher(&domain, MESSAGES)];
    let join = || DurableSubscriber::of::<u64>(TOPIC, &domain).unwrap();
    std::thread::scope(|scope| {
        let mut joiners = Vec::new();
        for (index, publisher) in publishers.iter_mut().enumerate() {
            joiners.push(scope.spawn(move || receive_all(&mut join(), 2, MESSAGES)));
            publisher.tell("go");
            if index == 0 {
                for delay in 0..4 {
                    joiners.push(scope.spawn(move || {
                        std::thread::sleep(Duration::from_millis(7 * delay)); // any moment will do
                        receive_all(&mut join(), 2, MESSAGES)
                    }));
                }
            }
        }
        publishers.iter_mut().for_each(|publisher| publisher.expect("published"));
        joiners.push(scope.spawn(|| receive_all(&mut join(), 2, MESSAGES)));
        let logged: Vec<u64> = joiners.into_iter().map(|joiner| joiner.join().unwrap()).collect();
        assert!(logged.iter().any(|&logged| logged > MESSAGES), "{logged:?}");
    });
    // What is over is in the log, too.
    for publisher in &mut publishers {
        publisher.kill();
    }
    keeper.tell(&(2 * MESSAGES).to_string());
    keeper.expect("has them");
    assert_eq!(receive_all(&mut join(), 2, MESSAGES), 2 * MESSAGES);
    keeper.kill();
}

#[test]
fn a_publisher_that_is_started_again_is_another_one_and_both_are_complete() {
    let domain = TempDomain::new();
    let mut keeper = keeper(&domain);
    let mut early = DurableSubscriber::of::<u64>(TOPIC, &domain).unwrap();
    for round in 1..=3 {
        let mut publisher = publisher(&domain, 500);
        publisher.tell("go");
        publisher.expect("published");
        keeper.tell(&(500 * round).to_string());
        keeper.expect("has them");
        publisher.kill();
    }
    receive_all(&mut early, 3, 500);
    receive_all(&mut DurableSubscriber::of::<u64>(TOPIC, &domain).unwrap(), 3, 500);
    keeper.kill();
}

/// A ring of four messages, and a subscriber that looks after every hundred: the log has the rest.
#[test]
fn what_a_slow_subscriber_loses_comes_from_the_log() {
    let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
    let log = DurableLog::builder().all().domain(&domain).start(&folder).unwrap();
    let mut publisher = Publisher::<u64>::builder(TOPIC).depth(4).domain(&domain).create().unwrap();
    let mut slow = DurableSubscriber::of::<u64>(TOPIC, &domain).unwrap();
    let mut expected = 0;
    for round in 1..=20 {
        for number in 100 * (round - 1)..100 * round {
            publisher.publish(&number).unwrap();
            assert!(log.wait_for_messages(number + 1, PATIENCE), "the log keeps up");
        }
        while expected < 100 * round {
            let message = slow.next_timeout(PATIENCE).unwrap().expect("it was published");
            assert_eq!(number(&message), expected);
            expected += 1;
        }
        assert!(slow.try_next().unwrap().is_none());
    }
    assert_eq!((slow.lost(), log.finish().unwrap().lost), (0, 0));
}

#[test]
fn slices_of_any_length_are_kept() {
    let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
    let mut publisher = Publisher::<[u32]>::builder("scan").domain(&domain).depth(8).create().unwrap();
    let log = DurableLog::builder().all().domain(&domain).start(&folder).unwrap();
    let scan = |number: u32| (0..number * 997 % 40_000).map(|index| index ^ number).collect::<Vec<_>>();
    for number in 0..50 {
        publisher.publish_slice(&scan(number)).unwrap();
        assert!(log.wait_for_messages(u64::from(number) + 1, PATIENCE));
    }
    let layout = Layout::new(Schema::slice_of(None, u32::SCHEMA.clone()).unwrap()).unwrap();
    let mut late = DurableSubscriber::new(&TopicName::new("scan").unwrap(), &layout, &domain).unwrap();
    for number in 0..50 {
        let message = late.next_timeout(PATIENCE).unwrap().expect("it is in the log");
        let bytes: Vec<u8> = scan(number).iter().flat_map(|word| word.to_le_bytes()).collect();
        assert!(message.bytes().ends_with(&bytes) && message.sequence() == u64::from(number));
    }
}

#[test]
fn the_end_of_the_log_is_said_and_the_subscriber_can_go_on_without_it() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder(TOPIC).depth(4).domain(&domain).create().unwrap();
    let mut late = DurableSubscriber::of::<u64>(TOPIC, &domain).unwrap();
    let error = late.next_timeout(Duration::from_millis(20)).unwrap_err();
    assert!(matches!(error, DurableError::NoLog { .. }), "{error}");
    let mut keeper = keeper(&domain);
    (0..10).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    keeper.tell("4");
    keeper.expect("has them");
    let mut last = None;
    while last != Some(9) {
        last = late.next_timeout(PATIENCE).unwrap().map(|message| number(&message));
    }
    keeper.kill();
    (10..20).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    let error = late.next_timeout(PATIENCE).expect_err("10 to 15 are missing");
    assert!(matches!(error, DurableError::NoLog { .. } | DurableError::Log { .. }), "{error}");
    late.go_on_without_log();
    let rest: Vec<_> = std::iter::from_fn(|| late.try_next().unwrap()).map(|message| number(&message)).collect();
    assert_eq!((rest, late.lost()), (vec![16, 17, 18, 19], 6));
}

#[test]
fn another_layout_is_refused() {
    let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
    let publisher = Publisher::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
    let log = DurableLog::builder().all().domain(&domain).start(&folder).unwrap();
    assert_eq!(log.status().topics, 0, "it is told later");
    let refused = DurableSubscriber::of::<f32>(TOPIC, &domain).unwrap_err();
    assert!(matches!(refused, DurableError::Open(_)), "{refused}");
    drop(publisher);
    let mut late = DurableSubscriber::of::<f32>(TOPIC, &domain).unwrap();
    let error = late.next_timeout(PATIENCE).unwrap_err();
    assert!(error.to_string().contains("its messages are u64 of another layout"), "{error}");
}
