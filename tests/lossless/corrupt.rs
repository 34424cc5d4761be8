//! Lossless delivery while the memory of one side, or the hints of both, are overwritten at random:
//! a side that keeps the rules loses nothing.

use crate::{LONG, TOPIC, publisher, subscriber};
use slotcast::registry::{Role, TopicDirectory};
use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{EndpointId, LoanError, PublishError, Publisher, RecvError, ShmMessage, Subscriber, TopicName};
use slotcast_tests::control::{Claims, ForgedSubscriber, page};
use slotcast_tests::random::Random;
use slotcast_tests::segment::{DETACHED, NO_LINE, REFUSED, Segment, announcement, flag, word};
use slotcast_tests::stop::Stop;
use std::fs;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

const FORGED: EndpointId = EndpointId(0xf0f0_0000_0000_0000_0000_0000_0000_f0f3);
const CELLS: u64 = 16;

fn enter(domain: &TempDomain) -> TopicDirectory {
    TopicDirectory::enter(domain, &TopicName::new(TOPIC).unwrap()).unwrap()
}

/// The segment of a publisher that claims to be lossless.
fn lossless_segment() -> Segment {
    let segment = Segment::of::<u64>(FORGED, CELLS, 8);
    segment.set(word::FLAGS, flag::LOSSLESS);
    segment
}

/// The ids of all subscribers.
fn subscribers(topic: &TopicDirectory) -> Vec<EndpointId> {
    let names = topic.names(Role::Subscriber).unwrap();
    names.iter().filter_map(|name| topic.open(name).unwrap().live()).map(|peer| peer.id).collect()
}

fn set_message(segment: &Segment, sequence: u64) {
    let cell = usize::try_from(sequence % CELLS).unwrap();
    segment.set(word::RING + 8 * cell + 2, sequence);
    segment.set_stamp(cell, 2 * sequence + 2);
    segment.set(word::HEAD, sequence + 1);
}

#[test]
fn a_nonsensical_grant_is_used_as_far_as_possible_and_the_rest_is_reported() {
    let cases = [
        (0, NO_LINE, None),
        (0, 1, None),
        (0, 1 << 40, None),
        (7, u64::MAX - 2, None),
        (u64::MAX, 953, None),
        ((1 << 63) - 1, NO_LINE, None),
        (0, DETACHED, Some("did not read in time and was detached")),
        (u64::MAX, DETACHED, Some("did not read in time and was detached")),
        (3, REFUSED, Some("cannot open the control page of this subscriber")),
    ];
    for (start, line, reported) in cases {
        let domain = TempDomain::new();
        let topic = enter(&domain);
        let mut honest = publisher(&domain).create().unwrap();
        let mut subscriber = subscriber(&domain).create().unwrap();
        let segment = lossless_segment();
        segment.grant(5, subscribers(&topic)[0], start, line);
        let registration = topic.announce(&announcement::<u64>(FORGED, Some(segment.memory()))).unwrap();
        let mut errors = Vec::new();
        for sequence in 0..4 {
            set_message(&segment, sequence);
            honest.publish(&sequence).unwrap();
            let mut got = Vec::new();
            for _ in 0..6 {
                match subscriber.try_recv() {
                    Ok(sample) => got.extend(sample.map(|sample| (*sample, sample.lost_before()))),
                    Err(error) => errors.push(error.to_string()),
                }
            }
            assert_eq!(got, [(sequence, 0); 2], "start {start}, line {line}");
        }
        assert_eq!(errors.len(), usize::from(reported.is_some()), "start {start}, line {line}: {errors:?}");
        assert!(reported.is_none_or(|reported| errors[0].contains(reported)), "{errors:?}");
        topic.withdraw(registration);
    }
}

#[test]
fn a_corrupt_table_of_grants_costs_only_messages_of_its_publisher() {
    let mut random = Random::of_this_run();
    let start = Instant::now();
    let (mut forged, mut reported, mut corrupt, mut honest) = (0_u64, 0_u64, 0_u64, 0_u64);
    while (forged < 2000 || reported < 5 || honest < 2000) && start.elapsed() < PATIENCE {
        let domain = TempDomain::new();
        let topic = enter(&domain);
        let segment = lossless_segment();
        let mut publisher = publisher(&domain).depth(4).create().unwrap();
        let registration = topic.announce(&announcement::<u64>(FORGED, Some(segment.memory()))).unwrap();
        let (stop, seed) = (Stop::default(), random.next());
        std::thread::scope(|scope| {
            let _go_on = stop.guard();
            let topic = &topic;
            let (segment, stop) = (&segment, &stop);
            scope.spawn(move || scribble_grants(segment, topic, seed, stop));
            for _ in 0..3 {
                // It may be reported that all places are taken: the subscriber checks by whom.
                let mut subscriber = subscriber(&domain).create().unwrap();
                let first = publisher.try_publish(&honest).unwrap();
                let mut expected = first;
                let mut next = first + 1;
                for _ in 0..500 {
                    if publisher.try_publish(&honest).is_ok() {
                        next += 1;
                    }
                    match subscriber.try_recv() {
                        Ok(None) => {}
                        Ok(Some(sample)) if sample.publisher() == publisher.id() => {
                            assert_eq!((sample.sequence(), sample.lost_before()), (expected, 0));
                            expected += 1;
                            honest += 1;
                        }
                        Ok(Some(_)) => forged += 1,
                        Err(RecvError::NotLossless { .. }) => reported += 1,
                        Err(RecvError::Corrupt { .. }) => corrupt += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
                let until = Instant::now() + LONG;
                while expected < next && Instant::now() < until {
                    if let Ok(Some(sample)) = subscriber.try_recv()
                        && sample.publisher() == publisher.id()
                    {
                        assert_eq!(sample.sequence(), expected);
                        expected += 1;
                    }
                }
                assert_eq!(expected, next, "what was promised has come");
            }
        });
        topic.withdraw(registration);
    }
    println!(
        "{honest} honest messages, {forged} others; {reported} reports that messages can be lost, {corrupt} of corruption"
    );
    assert!(forged >= 2000 && reported >= 5 && honest >= 2000);
}

/// Sends messages, and writes anything into the table of grants, also for honest subscribers.
fn scribble_grants(segment: &Segment, topic: &TopicDirectory, seed: u64, stop: &Stop) {
    let mut random = Random::new(seed);
    let mut known = subscribers(topic);
    let mut sequence = 0;
    while !stop.is_set() {
        match random.below(256) {
            0 => known = subscribers(topic),
            1 => segment.set(word::GRANTS + random.index(word::RING - word::GRANTS), random.next()),
            2 => segment.set(word::GRANT_CHANGES, random.next()),
            3..40 if !known.is_empty() => {
                let start = [0, sequence, u64::MAX, random.next(), random.below(sequence + 100)][random.index(5)];
                let last = if random.below(40) == 0 { DETACHED } else { random.below(1000) };
                let line = [NO_LINE, 1, last, random.below(1000)][random.index(4)];
                let line = if random.below(400) == 0 { REFUSED } else { line };
                segment.grant(random.index(112), known[random.index(known.len())], start, line);
            }
            40 => segment.set(word::GRANTS + 4 * random.index(112), 0),
            41 if random.below(50) == 0 => segment.set(word::CLOSED, random.below(2)),
            _ => {
                set_message(segment, sequence);
                sequence += 1;
                std::thread::yield_now();
            }
        }
    }
}

/// A lossless publisher, an honest subscriber that reads everything, and one whose page is
/// overwritten at random.
fn publish_beside_a_liar(
    random: &mut Random,
    page: &Segment,
    publisher: EndpointId,
    mut publish: impl FnMut(u64, bool) -> Result<u64, PublishError>,
    mut drain: impl FnMut() -> Vec<u64>,
) -> (u64, u64) {
    let (stop, seed) = (Stop::default(), random.next());
    let (mut published, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        let _go_on = stop.guard();
        let stop = &stop;
        scope.spawn(move || scribble_page(page, publisher, seed, stop));
        for _ in 0..1500 {
            match publish(published, random.below(20) == 0) {
                Ok(sequence) => {
                    assert_eq!(sequence, published);
                    published += 1;
                }
                Err(
                    PublishError::Full { .. }
                    | PublishError::LagTimeout(_)
                    | PublishError::NoMemory(LoanError::PoolExhausted(_)),
                ) => {
                    refused += 1;
                }
                Err(error) => panic!("{error}"),
            }
            // At once, so that nothing waits for this subscriber.
            for number in drain() {
                assert_eq!(number + 1, published, "in order, and no other");
            }
        }
    });
    (published, refused)
}

/// Stores in some lines how far it has read, mostly plausible; and now and then anything anywhere.
fn scribble_page(page: &Segment, publisher: EndpointId, seed: u64, stop: &Stop) {
    let mut random = Random::new(seed);
    let (mut cursor, mut line) = (0, 0);
    #[expect(clippy::cast_possible_truncation, reason = "a part of it is meant")]
    let tag = u64::from(publisher.0 as u32) << 32;
    while !stop.is_set() {
        match random.below(64) {
            0 if random.below(20) == 0 => page.set(random.index(page.len()), random.next()),
            1 if random.below(20) == 0 => line = random.index(952),
            2 if random.below(10) == 0 => page.set(page::USED, random.next()),
            3 if random.below(200) == 0 => cursor = random.below(cursor + 100),
            4 => page.set(page::PINS_AT + random.index(512), tag | random.below(1 << 16)),
            5 if random.below(100) == 0 => page.set(page::LINES + page::LINE * line, random.next()),
            _ => {
                page.set(page::LINES + page::LINE * line + page::CURSOR, cursor);
                page.set_whole(page::LINES + page::LINE * line, publisher.0);
                page.set(page::USED, line as u64 + 1);
                cursor += random.below(3);
                std::thread::yield_now();
            }
        }
    }
}

const MOMENT: Duration = Duration::from_millis(2);

#[test]
fn a_page_of_random_cursors_costs_an_honest_subscriber_nothing() {
    let mut random = Random::of_this_run();
    let start = Instant::now();
    let (mut published, mut refused) = (0, 0);
    while (published < 5000 || refused < 20) && start.elapsed() < PATIENCE {
        let domain = TempDomain::new();
        let mut honest = subscriber(&domain).create().unwrap();
        let mut publisher = publisher(&domain).depth(4).lossless(MOMENT).create().unwrap();
        let forged = ForgedSubscriber::new((&domain, TOPIC), (u64::SCHEMA, u64::HASH), &Claims::LOSSLESS, |_| {});
        let id = publisher.id();
        let publish = |number: u64, may_wait| {
            if may_wait { publisher.publish(&number) } else { publisher.try_publish(&number) }
        };
        let drain = || honest.try_iter().map(|sample| *sample.unwrap()).collect();
        let (more, less) = publish_beside_a_liar(&mut random, &forged.page, id, publish, drain);
        published += more;
        refused += less;
        assert_eq!(honest.lost(), 0);
    }
    println!("{published} published, {refused} refused");
    assert!(published >= 5000 && refused >= 20);
}

/// The same with messages in a pool, where the forged subscriber also claims pins.
#[test]
fn a_page_of_random_cursors_and_pins_costs_an_honest_subscriber_of_slices_nothing() {
    let mut random = Random::of_this_run();
    let start = Instant::now();
    let (mut published, mut refused) = (0, 0);
    while (published < 5000 || refused < 20) && start.elapsed() < PATIENCE {
        let domain = TempDomain::new();
        let builder = Subscriber::<[u64]>::builder(TOPIC).domain(&domain);
        let mut honest = builder.lossless().create().unwrap();
        let peer = {
            let topic = enter(&domain);
            let name = topic.names(Role::Subscriber).unwrap().remove(0);
            topic.open(&name).unwrap().live().unwrap()
        };
        let builder = Publisher::<[u64]>::builder(TOPIC).domain(&domain).depth(4).lossless(MOMENT);
        let mut publisher = builder.max_memory(4 << 20).create().unwrap();
        let claims = Claims { pins: 256, ..Claims::LOSSLESS };
        let forged = ForgedSubscriber::new((&domain, TOPIC), (&peer.schema, peer.hash), &claims, |_| {});
        let id = publisher.id();
        let publish = |number: u64, may_wait| {
            let length = usize::try_from(1 + number * 7919 % 2000).unwrap();
            let mut loan = publisher.loan_slice_uninit(length)?.assume_filled();
            loan.fill(number);
            let sent = if may_wait { publisher.send(loan) } else { publisher.try_send(loan) };
            sent.map_err(|error| error.reason)
        };
        let drain = || {
            let number = |sample: slotcast::Sample<[u64]>| {
                assert!(sample.iter().all(|&word| word == sample[0]) && sample.lost_before() == 0);
                sample[0]
            };
            honest.try_iter().map(|sample| number(sample.unwrap())).collect()
        };
        let (more, less) = publish_beside_a_liar(&mut random, &forged.page, id, publish, drain);
        published += more;
        refused += less;
        assert_eq!(honest.lost(), 0);
    }
    println!("{published} published, {refused} refused");
    assert!(published >= 5000 && refused >= 20);
}

/// Any word of the hints can hold anything at any time: messages arrive a little later, but all of
/// them and in order, also at a subscriber that joins meanwhile.
#[test]
fn random_hints_cost_only_time() {
    const MESSAGES: u64 = 300;
    let mut random = Random::of_this_run();
    let domain = TempDomain::new();
    let lossless = subscriber(&domain).create().unwrap();
    let lossy = Subscriber::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
    let mut publisher = publisher(&domain).depth(1).create().unwrap();
    let mut other = Publisher::<u64>::builder(TOPIC).domain(&domain).depth(2 * MESSAGES).create().unwrap();
    let hints = fs::File::options().write(true).open(domain.path().join(TOPIC).join("topic")).unwrap();
    let words = hints.metadata().unwrap().len() / 8;
    let (stop, done) = (Stop::default(), Stop::default());
    std::thread::scope(|scope| {
        let _go_on = stop.guard();
        let (ours, theirs) = (publisher.id(), other.id());
        let stop = &stop;
        scope.spawn(move || {
            while !stop.is_set() {
                // All but the magic number, which a new endpoint checks. Words with a meaning are
                // written more often than others.
                let at = if random.below(4) > 0 { 8 * (1 + random.below(5)) } else { 1 + random.below(words - 1) };
                let value = [0, 1, 3, u64::MAX, random.next()][random.index(5)];
                hints.write_all_at(&value.to_le_bytes(), 8 * at).unwrap();
                // Sometimes so rarely that somebody falls asleep in between.
                std::thread::sleep(Duration::from_micros([0, 20, 200][random.index(3)]));
            }
        });
        let publish = scope.spawn(move || {
            for number in 0..MESSAGES {
                assert_eq!(publisher.publish(&number), Ok(number));
                assert_eq!(other.publish(&number), Ok(number));
            }
            (publisher, other)
        });
        let read_all = move |mut subscriber: Subscriber<u64>| {
            let (mut next, mut errors) = ([0, 0], 0);
            while next != [MESSAGES; 2] {
                if next[0] % 4 == 0 {
                    std::thread::sleep(Duration::from_micros(300)); // so that the publisher falls asleep
                }
                match subscriber.recv_timeout(PATIENCE) {
                    Ok(Some(sample)) => {
                        let of = usize::from(sample.publisher() == theirs);
                        assert!(of == 1 || sample.publisher() == ours);
                        next[of] += sample.lost_before();
                        assert_eq!((*sample, sample.sequence()), (next[of], next[of]));
                        next[of] += 1;
                    }
                    Ok(None) => panic!("nothing comes after {next:?}"),
                    // The other publisher is not lossless.
                    Err(RecvError::NotLossless { .. }) => errors += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            (subscriber.lost(), errors)
        };
        let not_done = done.guard();
        let (domain, done) = (&domain, &done);
        let coming = scope.spawn(move || {
            // Each misses nothing from its constructor on.
            while !done.is_set() {
                let mut late = subscriber(domain).create().unwrap();
                let mut next = None;
                while let Ok(Some(sample)) = late.recv_timeout(Duration::from_millis(300)) {
                    if sample.publisher() == ours {
                        assert!(next.is_none_or(|next| (next, 0) == (sample.sequence(), sample.lost_before())));
                        next = Some(sample.sequence() + 1);
                    }
                }
            }
        });
        let lossy = scope.spawn(move || read_all(lossy));
        assert_eq!(read_all(lossless), (0, 1));
        lossy.join().unwrap();
        drop(publish.join().unwrap());
        drop(not_done);
        coming.join().unwrap();
    });
}
