//! Subscribers that are not served: more than there are places for, and those with impossible
//! claims.

use crate::{LONG, TOPIC, numbers, publisher, subscriber};
use slotcast::testing::{TempDomain, until};
use slotcast::{CreateError, Domain, PublishError, Publisher, RecvError, ShmMessage, Subscriber};
use slotcast_tests::control::{Claims, ForgedSubscriber, page};
use slotcast_tests::entry::{Planted, RawEntry};
use slotcast_tests::segment::{SEALS, Segment, word};
use std::fs;

const MOST: usize = 112;

#[test]
fn a_subscriber_beyond_the_last_place_is_told() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(4).create().unwrap();
    let mut subscribers: Vec<_> = (0..=MOST).map(|_| subscriber(&domain).create().unwrap()).collect();
    for number in 0..4 {
        publisher.publish(&number).unwrap();
    }
    assert!(matches!(publisher.try_publish(&4), Err(PublishError::Full { .. })));
    let mut reported = 0;
    for subscriber in &mut subscribers {
        assert_eq!(numbers_and_errors(subscriber, &mut reported), [0, 1, 2, 3]);
    }
    assert_eq!(reported, 1);
    // A subscriber that joins now can learn it.
    let error = subscriber(&domain).create().unwrap_err();
    assert!(matches!(error, CreateError::NotLossless { .. }), "{error}");
    assert!(error.to_string().contains("112 guaranteed subscribers"), "{error}");
    assert_eq!(publisher.subscribers().unwrap().len(), MOST + 1);
    // When one leaves, its place is free.
    subscribers.truncate(2);
    let mut late = subscriber(&domain).create().unwrap();
    for number in 4..8 {
        publisher.publish(&number).unwrap();
    }
    assert!(matches!(publisher.try_publish(&8), Err(PublishError::Full { .. })));
    assert_eq!(numbers(&mut late), [4, 5, 6, 7]);
}

fn numbers_and_errors(subscriber: &mut Subscriber<u64>, reported: &mut usize) -> Vec<u64> {
    let mut got = Vec::new();
    for _ in 0..10 {
        match subscriber.try_recv() {
            Ok(Some(sample)) => got.push(*sample),
            Ok(None) => {}
            Err(RecvError::NotLossless { .. }) => *reported += 1,
            Err(error) => panic!("{error}"),
        }
    }
    got
}

#[test]
fn a_publisher_without_a_line_is_not_blocked() {
    const LINES: usize = 952;
    let domain = TempDomain::new();
    let mut reader = subscriber(&domain).create().unwrap();
    let mut publishers: Vec<_> = (0..=LINES).map(|_| publisher(&domain).depth(1).create().unwrap()).collect();
    let mut reported = Vec::new();
    for number in 0..3 {
        for publisher in &mut publishers {
            publisher.try_publish(&number).unwrap();
        }
        let mut received = 0;
        while received <= LINES {
            match reader.try_recv() {
                Ok(Some(sample)) => received += usize::from(*sample == number),
                Ok(None) => panic!("each publisher has a message"),
                Err(error) => reported.push(error.to_string()),
            }
        }
    }
    assert!(reported.len() == 1 && reported[0].contains("952 publishers"), "{reported:?}");
    assert_eq!(reader.lost(), 0);
}

#[test]
fn publishers_that_cannot_be_read_occupy_no_lines() {
    let domain = TempDomain::new();
    let mut reader = subscriber(&domain).create().unwrap();
    let mut first = publisher(&domain).create().unwrap();
    for id in 1..1000 {
        let entry = RawEntry::publisher::<u64>(id);
        let planted = Planted::new(&domain.path().join(TOPIC), &entry.name(), &entry.bytes(), true);
        assert!(reader.publishers().is_err(), "it has no memory");
        drop(planted);
        fs::remove_file(domain.path().join(TOPIC).join(entry.name())).unwrap();
        assert_eq!(reader.publishers().unwrap().len(), 1);
    }
    let mut publisher = publisher(&domain).depth(1).create().unwrap();
    for number in 0..3 {
        publisher.try_publish(&number).unwrap();
        first.try_publish(&number).unwrap();
        assert_eq!(numbers(&mut reader), [number; 2]);
    }
    assert_eq!(publisher.try_publish(&3), Ok(3));
    assert!(matches!(publisher.try_publish(&4), Err(PublishError::Full { .. })));
}

#[test]
fn lossless_and_latest_exclude_each_other() {
    let domain = TempDomain::new();
    for builder in [subscriber(&domain).latest(), subscriber(&domain).rate_limit(10.0)] {
        let error = builder.create().unwrap_err().to_string();
        assert!(error.contains("`lossless` cannot be combined"), "{error}");
    }
}

fn forge(domain: &Domain, claims: &Claims, damage: impl FnOnce(&Segment)) -> ForgedSubscriber {
    ForgedSubscriber::new((domain, TOPIC), (u64::SCHEMA, u64::HASH), claims, damage)
}

fn forged(domain: &Domain) -> ForgedSubscriber {
    forge(domain, &Claims::LOSSLESS, |_| {})
}

/// Publishes until there is no capacity, at most `most` messages.
fn fill(publisher: &mut Publisher<u64>, most: u64) -> u64 {
    (0..most).take_while(|number| publisher.try_publish(number).is_ok()).count() as u64
}

#[test]
fn a_forged_subscriber_that_keeps_the_rules_is_served() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(4).create().unwrap();
    let forged = forged(&domain);
    assert_eq!(fill(&mut publisher, 100), 4, "it has no line yet");
    forged.set_cursor(3, publisher.id(), 1);
    assert_eq!(fill(&mut publisher, 100), 1);
    forged.set_cursor(3, publisher.id(), 5);
    assert_eq!(fill(&mut publisher, 100), 4);
}

#[test]
fn a_nonsensical_cursor_harms_only_its_subscriber() {
    for nonsense in [100, 1 << 62, u64::MAX, 2] {
        let domain = TempDomain::new();
        let mut honest = subscriber(&domain).create().unwrap();
        let mut publisher = publisher(&domain).depth(4).create().unwrap();
        let forged = forged(&domain);
        assert_eq!(fill(&mut publisher, 100), 4);
        assert_eq!(numbers(&mut honest).len(), 4);
        forged.set_cursor(0, publisher.id(), 3);
        assert_eq!(fill(&mut publisher, 1), 1);
        // Beyond the head, or going back.
        forged.set_cursor(0, publisher.id(), nonsense);
        assert_eq!(numbers(&mut honest).len(), 1);
        assert_eq!(fill(&mut publisher, 100), 4, "{nonsense}: only the honest one counts");
        assert_eq!(numbers(&mut honest).len(), 4);
        assert_eq!(fill(&mut publisher, 100), 4);
        assert_eq!(numbers(&mut honest).len(), 4);
        assert_eq!(honest.lost(), 0);
    }
}

#[test]
fn a_line_given_to_another_publisher_is_no_longer_used() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(4).create().unwrap();
    let other: Publisher<u64> = Publisher::builder(TOPIC).domain(&domain).create().unwrap();
    let forged = forged(&domain);
    forged.set_cursor(0, publisher.id(), 0);
    assert_eq!(fill(&mut publisher, 100), 4);
    forged.set_cursor(0, other.id(), 2);
    assert_eq!(fill(&mut publisher, 100), 100, "it reads this publisher no more");
}

#[test]
fn pages_that_cannot_be_used_are_refused_and_harm_nobody() {
    type Damage = fn(&Segment);
    let right: Damage = |_| {};
    let size = |bytes| (Claims { bytes, ..Claims::LOSSLESS }, right);
    let without = |seal: i32| (Claims { seals: SEALS & !seal, ..Claims::LOSSLESS }, right);
    let damaged = |damage: Damage| (Claims::LOSSLESS, damage);
    let cases = [
        size(4096),
        size(page::BYTES - 8),
        size(page::BYTES - 4096),
        without(libc::F_SEAL_SHRINK),
        without(libc::F_SEAL_GROW),
        without(libc::F_SEAL_FUTURE_WRITE),
        without(libc::F_SEAL_SEAL),
        damaged(|page| page.set(word::MAGIC, 7)),
        damaged(|page| page.set(word::BYTES, 7)),
        damaged(|page| page.set(word::NONCE, 7)),
        damaged(|page| page.set(word::ID, 7)),
        damaged(|page| page.set(word::HASH, 7)),
    ];
    for (claims, damage) in cases {
        let domain = TempDomain::new();
        let mut honest = subscriber(&domain).create().unwrap();
        let mut publisher = publisher(&domain).depth(4).create().unwrap();
        let forged = forge(&domain, &claims, damage);
        assert_eq!(fill(&mut publisher, 100), 4);
        assert_eq!(numbers(&mut honest), [0, 1, 2, 3]);
        // Whatever its page holds, it is not waited for.
        forged.set_cursor(0, publisher.id(), 0);
        assert_eq!(fill(&mut publisher, 100), 4, "{claims:?}");
        assert_eq!(numbers(&mut honest), [0, 1, 2, 3]);
        assert_eq!(fill(&mut publisher, 100), 4, "{claims:?}");
        drop(forged);
        publisher.close(LONG / 100).unwrap_err();
    }
}

/// More lines than exist, all of them corrupt.
#[test]
fn a_page_of_noise_is_inspected_and_not_trusted() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(4).create().unwrap();
    let forged = forged(&domain);
    forged.page.set(page::USED, u64::MAX);
    for word in page::LINES..page::BYTES / 8 {
        forged.page.set(word, (word as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
    forged.page.set(page::LINES + page::LINE * 900, 0);
    assert_eq!(fill(&mut publisher, 100), 4);
    forged.page.set(page::USED, 7);
    forged.set_cursor(951, publisher.id(), 4);
    assert_eq!(fill(&mut publisher, 100), 4);
    // All lines belong to others: a subscriber that will get none is not waited for.
    forged.page.set(page::USED, u64::MAX);
    forged.page.set(page::LINES + page::LINE * 951, 1);
    forged.page.set(page::LINES + page::LINE * 900, 1);
    assert_eq!(fill(&mut publisher, 100), 100);
}

/// Whatever the hints hold, a sleeping publisher wakes by itself.
#[test]
fn corrupt_hints_cost_only_time() {
    use std::os::unix::fs::FileExt;
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut publisher = publisher(&domain).depth(1).create().unwrap();
    let hints = fs::File::options().write(true).open(domain.path().join(TOPIC).join("topic")).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || (0..200).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number))));
        for number in 0..200_u64 {
            // Only the doorbells, not the counters of arrivals: subscribers rely on those.
            hints.write_all_at(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes(), 320).unwrap();
            assert_eq!(*subscriber.recv().unwrap(), number);
        }
    });
}

/// The counter of arrivals is wrong: the subscriber notices that it was not noticed.
#[test]
fn a_publisher_that_missed_an_arrival_is_reminded() {
    use std::os::unix::fs::FileExt;
    for lossy in [2_u64, 50] {
        let domain = TempDomain::new();
        let mut publisher = publisher(&domain).depth(4).create().unwrap();
        publisher.publish(&0).unwrap();
        let path = domain.path().join(TOPIC).join("topic");
        let hints = fs::File::options().read(true).write(true).open(path).unwrap();
        let mut counter = [0; 8];
        hints.read_exact_at(&mut counter, 128).unwrap();
        let mut subscriber = subscriber(&domain).create().unwrap();
        hints.write_all_at(&counter, 128).unwrap();
        assert_eq!(fill(&mut publisher, lossy), lossy);
        let mut reported = 0;
        let got = numbers_and_errors(&mut subscriber, &mut reported);
        assert_eq!(reported, usize::from(lossy > 4), "{got:?}");
        assert_eq!(subscriber.lost() + got.len() as u64, lossy);
        assert_eq!(fill(&mut publisher, 50), 4);
        assert_eq!(numbers(&mut subscriber), [0, 1, 2, 3]);
    }
}

#[test]
fn the_grant_of_a_subscriber_that_left_is_removed() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).create().unwrap();
    for round in 0..3 * MOST as u64 {
        let mut subscriber = subscriber(&domain).create().unwrap();
        publisher.publish(&round).unwrap();
        assert_eq!(numbers(&mut subscriber), [round]);
    }
    until("all have left", || publisher.subscribers().unwrap().is_empty());
}
