//! How few slots are in use while readers keep up, and what stays for those that do not, or that
//! join later.

use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast::{Domain, Placement, Publisher, PublisherBuilder, Subscriber, SubscriberBuilder};
use std::fs;

/// A frame of HD video, of 6 MB: larger than all that stays by default.
type Frame = [u8; 1920 * 1080 * 3];
const SLOT: u64 = (1920_u64 * 1080 * 3).next_multiple_of(64);

fn publisher(domain: &Domain) -> PublisherBuilder<Frame> {
    Publisher::builder("x").domain(domain)
}

fn subscriber(domain: &Domain) -> SubscriberBuilder<Frame> {
    Subscriber::builder("x").domain(domain)
}

fn publish(publisher: &mut Publisher<Frame>, number: u8) {
    let mut loan = publisher.loan_uninit().unwrap().assume_filled();
    loan[0] = number;
    publisher.send(loan).unwrap();
}

/// Receives all that there is. Returns the sequences, of which each was published as its number.
fn receive(subscriber: &mut Subscriber<Frame>) -> Vec<u64> {
    let samples = subscriber.try_iter().map(|sample| sample.unwrap());
    samples
        .map(|sample| {
            assert_eq!(u64::from(sample[0]), sample.sequence() % 256);
            sample.sequence()
        })
        .collect()
}

fn slots(publisher: &Publisher<Frame>) -> u64 {
    publisher.pool_memory() / SLOT
}

#[test]
fn four_slots_suffice_for_video_and_are_there_from_the_start() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).create().unwrap();
    let at_first = publisher.pool_memory();
    assert_eq!(slots(&publisher), 4);
    let mut subscribers = [(); 3].map(|()| subscriber(&domain).create().unwrap());
    let mut held = [None, None, None];
    for number in 0..=255 {
        publish(&mut publisher, number);
        for (subscriber, held) in subscribers.iter_mut().zip(&mut held) {
            // The sample is held until there is the next one.
            let sample = subscriber.try_recv().unwrap().unwrap();
            assert!(sample.is_in_place() && sample[0] == number && sample.lost_before() == 0);
            *held = Some(sample);
        }
        assert_eq!(publisher.pool_memory(), at_first, "after message {number}");
    }
}

#[test]
fn a_publisher_without_subscribers_uses_no_more() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).create().unwrap();
    let at_first = publisher.pool_memory();
    (0..100).for_each(|number| publish(&mut publisher, number));
    assert_eq!(publisher.pool_memory(), at_first);
}

#[test]
fn a_reader_may_lag_by_the_depth() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).create().unwrap();
    let (mut lagging, mut fast) = (subscriber(&domain).create().unwrap(), subscriber(&domain).create().unwrap());
    for round in 0..10 {
        for number in 0..8 {
            publish(&mut publisher, 8 * round + number);
            assert_eq!(receive(&mut fast), [u64::from(8 * round + number)]);
        }
        assert_eq!(receive(&mut lagging), Vec::from_iter(8 * u64::from(round)..8 * u64::from(round) + 8));
    }
    assert_eq!((lagging.lost(), fast.lost()), (0, 0));
    // One that does not read at all costs the depth, and a few more.
    (80..200).for_each(|number| publish(&mut publisher, number));
    assert!(slots(&publisher) <= 8 + 2 + 4, "{}", slots(&publisher));
    assert!(receive(&mut lagging).len() >= 8);
}

/// Receives one message, and says so. Its argument is how many samples it can hold.
#[test]
fn child_receives_one() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain()).max_samples(script.argument(0)).create().unwrap();
        script.say("ready");
        assert_eq!(subscriber.recv().unwrap()[0], 0);
        script.say("received");
        script.hear("end");
    });
}

#[test]
fn a_reader_that_is_killed_costs_nothing() {
    for max_samples in ["8", "0"] {
        let domain = TempDomain::new();
        let mut publisher = publisher(&domain).create().unwrap();
        let at_first = publisher.pool_memory();
        let mut child = Process::start("economy::child_receives_one", &domain, &[max_samples]);
        child.expect("ready");
        publish(&mut publisher, 0);
        child.expect("received");
        child.kill();
        (1..100).for_each(|number| publish(&mut publisher, number));
        assert_eq!(publisher.pool_memory(), at_first, "one that could hold {max_samples} samples");
    }
}

#[test]
fn one_that_copies_may_lag_by_the_depth() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).create().unwrap();
    // Without pins it has no grant, so the publisher does not know what it has read.
    let mut copying = subscriber(&domain).max_samples(0).create().unwrap();
    for round in 0..10 {
        (0..8).for_each(|number| publish(&mut publisher, 8 * round + number));
        assert_eq!(receive(&mut copying).len(), 8);
    }
    assert_eq!(copying.lost(), 0);
    drop(copying);
    let before = publisher.pool_memory();
    (80..100).for_each(|number| publish(&mut publisher, number));
    assert_eq!(publisher.pool_memory(), before);
}

#[test]
fn one_whose_pins_cannot_be_read_may_lag_by_the_depth() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).placement(Placement::File).create().unwrap();
    // Publishers know of it, and cannot open its control page: so it copies.
    let pages = fs::read_dir(domain.path().join("x")).unwrap().map(|entry| entry.unwrap().path());
    let pages = pages.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("m-"));
    assert_eq!(pages.map(|path| fs::remove_file(path).unwrap()).count(), 1);
    let mut publisher = publisher(&domain).create().unwrap();
    for round in 0..10 {
        (0..8).for_each(|number| publish(&mut publisher, 8 * round + number));
        assert_eq!(receive(&mut subscriber).len(), 8);
    }
    assert_eq!(subscriber.lost(), 0);
}

#[test]
fn one_that_copies_may_lag_by_the_depth_after_the_topic_was_removed() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).create().unwrap();
    let mut copying = subscriber(&domain).max_samples(0).create().unwrap();
    publish(&mut publisher, 0);
    assert_eq!(receive(&mut copying), [0]);
    fs::remove_dir_all(domain.path().join("x")).unwrap();
    // The publisher is the first that notices.
    assert!(publisher.refresh().unwrap());
    for round in 0..10 {
        (1..9).for_each(|number| publish(&mut publisher, 8 * round + number));
        assert_eq!(receive(&mut copying).len(), 8);
    }
    assert_eq!(copying.lost(), 0);
}

#[test]
fn one_that_joined_just_before_the_topic_was_removed_may_lag_by_the_depth() {
    for is_noticed in [false, true] {
        let domain = TempDomain::new();
        let mut publisher = publisher(&domain).create().unwrap();
        let mut subscriber = subscriber(&domain).create().unwrap();
        // The publisher has not looked for subscribers meanwhile.
        fs::remove_dir_all(domain.path().join("x")).unwrap();
        if is_noticed {
            assert!(publisher.refresh().unwrap());
        }
        (0..8).for_each(|number| publish(&mut publisher, number));
        assert_eq!(receive(&mut subscriber), Vec::from_iter(0..8), "{is_noticed}");
        assert_ne!(is_noticed, publisher.refresh().unwrap());
        (8..16).for_each(|number| publish(&mut publisher, number));
        assert_eq!(receive(&mut subscriber), Vec::from_iter(8..16), "{is_noticed}");
    }
}

#[test]
fn what_stays_for_those_that_join_later() {
    for (history, expected) in [
        (None, vec![19]),
        (Some(0), vec![]),
        (Some(1), vec![19]),
        (Some(3), vec![17, 18, 19]),
        (Some(8), (12..20).collect()),
    ] {
        let domain = TempDomain::new();
        let builder = publisher(&domain);
        let builder = if let Some(history) = history { builder.history(history) } else { builder };
        let mut publisher = builder.create().unwrap();
        let mut present = subscriber(&domain).create().unwrap();
        for number in 0..20 {
            publish(&mut publisher, number);
            assert_eq!(receive(&mut present), [u64::from(number)]);
        }
        // The publisher withdraws messages when it needs their slots: then what it said is exact.
        let mut late = subscriber(&domain).history(100).create().unwrap();
        let received = receive(&mut late);
        assert!(received.ends_with(&expected), "{history:?}: {received:?}");
        assert!(received.len() <= expected.len() + 2, "{history:?}: {received:?}");
        assert_eq!(late.lost(), 0);
    }
}

#[test]
fn a_history_beyond_the_depth_is_refused() {
    let domain = TempDomain::new();
    let error = publisher(&domain).history(9).create().unwrap_err();
    assert_eq!(
        error.to_string(),
        "topic \"x\": `history` is 9 messages, and must be at most `depth`, which is 8: raise `depth`, or lower `history`"
    );
    let error = Publisher::<u8>::builder("y").domain(&domain).depth(3).history(4).create().unwrap_err();
    assert!(error.to_string().contains("`history` is 4 messages"), "{error}");
    Publisher::<u8>::builder("y").domain(&domain).depth(3).history(3).create().unwrap();
}

#[test]
fn smaller_messages_stay_up_to_a_mebibyte() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8]>::builder("x").domain(&domain).create().unwrap();
    let mut present = Subscriber::<[u8]>::builder("x").domain(&domain).create().unwrap();
    for number in 0..200 {
        publisher.publish_slice(&vec![number; 200 << 10]).unwrap(); // five of them take a mebibyte
        assert_eq!(present.try_recv().unwrap().unwrap()[0], number);
    }
    let mut late = Subscriber::<[u8]>::builder("x").domain(&domain).history(100).create().unwrap();
    let received: Vec<_> = late.try_iter().map(|sample| sample.unwrap()[0]).collect();
    assert!(received.ends_with(&[196, 197, 198, 199]), "{received:?}");
    assert!(publisher.pool_memory() <= 3 << 20, "{}", publisher.pool_memory());
}

/// Subscribes, and reports the first message and what was lost before it.
#[test]
fn child_joins_slowly() {
    testing::process(|script| {
        script.say("ready");
        let mut subscriber = subscriber(script.domain()).create().unwrap();
        script.say("created");
        let sample = subscriber.recv().unwrap();
        script.say(&format!("{} {}", sample.sequence(), subscriber.lost()));
    });
}

#[test]
fn what_was_withdrawn_while_a_subscriber_joined_is_not_lost_to_it() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).create().unwrap();
    (0..10).for_each(|number| publish(&mut publisher, number));
    // It has found the publisher, and stops before anybody can know of it.
    let mut child =
        Process::start_until("economy::child_joins_slowly", &domain, &[], "announce.written", 1, Action::Stop);
    child.expect("ready");
    child.wait_until_stopped();
    (10..17).for_each(|number| publish(&mut publisher, number));
    child.go_on();
    child.expect("created");
    publish(&mut publisher, 17);
    let said = child.listen();
    let (first, lost) = said.split_once(' ').unwrap();
    assert!((14..=17).contains(&first.parse().unwrap()), "{said}");
    assert_eq!(lost, "0");
    child.finish();
}

#[test]
fn nor_is_that_of_a_publisher_that_came_while_it_joined() {
    let domain = TempDomain::new();
    // It has found nobody, and stops before anybody can know of it.
    let mut child =
        Process::start_until("economy::child_joins_slowly", &domain, &[], "announce.written", 1, Action::Stop);
    child.expect("ready");
    child.wait_until_stopped();
    let mut publisher = publisher(&domain).create().unwrap();
    (0..7).for_each(|number| publish(&mut publisher, number));
    child.go_on();
    child.expect("created");
    publish(&mut publisher, 7);
    let said = child.listen();
    let (first, lost) = said.split_once(' ').unwrap();
    assert!((4..=7).contains(&first.parse().unwrap()), "{said}");
    assert_eq!(lost, "0");
    child.finish();
}
