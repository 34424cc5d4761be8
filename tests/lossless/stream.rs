//! Streams from process to process: everything arrives from the moment a subscriber was created.

use crate::{LONG, TOPIC, numbers, publisher, subscriber};
use slotcast::testing::{self, Process, Script, TempDomain};
use slotcast::{Placement, Subscriber};
use std::hash::{DefaultHasher, Hash, Hasher};

fn placement(text: &str) -> Placement {
    if text == "file" { Placement::File } else { Placement::Auto }
}

fn hash_of(numbers: impl IntoIterator<Item = u64>) -> u64 {
    let mut hasher = DefaultHasher::new();
    numbers.into_iter().for_each(|number| number.hash(&mut hasher));
    hasher.finish()
}

/// Returns the content of message `number`.
fn scrambled(sequence: u64) -> u64 {
    sequence.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
}

/// Arguments: placement, number of messages, depth. Publishes them, and closes.
#[test]
fn child_publishes() {
    testing::process(|script: Script| {
        let builder = publisher(script.domain()).placement(placement(&script.argument::<String>(0)));
        let mut publisher = builder.depth(script.argument(2)).create().unwrap();
        for sequence in 0..script.argument(1) {
            assert_eq!(publisher.publish(&scrambled(sequence)).unwrap(), sequence);
        }
        publisher.close(LONG).unwrap();
        script.say("closed");
    });
}

fn receive_from_another_process(messages: u64, depth: u64, placements: [&str; 2]) {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).placement(placement(placements[1])).create().unwrap();
    let arguments = [placements[0], &messages.to_string(), &depth.to_string()];
    let mut other = Process::start("stream::child_publishes", &domain, &arguments);
    let mut got = DefaultHasher::new();
    for sequence in 0..messages {
        let sample = subscriber.recv().unwrap();
        assert_eq!((sample.sequence(), sample.lost_before()), (sequence, 0));
        sample.hash(&mut got);
    }
    // The publisher waits in `close` until this subscriber asks for more.
    assert!(numbers(&mut subscriber).is_empty());
    other.expect("closed");
    other.finish();
    assert_eq!(got.finish(), hash_of((0..messages).map(scrambled)));
    assert_eq!(subscriber.lost(), 0);
}

#[test]
fn a_million_messages_arrive() {
    receive_from_another_process(1_000_000, 64, ["sealed", "sealed"]);
}

#[test]
fn nothing_is_lost_in_a_ring_of_one_message_or_of_many() {
    for depth in [1, 3, 5000] {
        receive_from_another_process(20_000, depth, ["sealed", "sealed"]);
    }
}

#[test]
fn nothing_is_lost_in_file_mode_on_either_side() {
    receive_from_another_process(50_000, 16, ["file", "sealed"]);
    receive_from_another_process(50_000, 16, ["sealed", "file"]);
}

/// Publishes until the test ends it, and reports how many.
#[test]
fn child_publishes_endlessly() {
    testing::process(|script: Script| {
        let mut publisher = publisher(script.domain()).depth(script.argument(0)).create().unwrap();
        script.say("ready");
        let (sender, reported) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let script = &script;
            scope.spawn(move || {
                script.hear("end");
                sender.send(()).unwrap();
            });
            let mut next = 0;
            while reported.try_recv().is_err() {
                assert_eq!(publisher.publish(&next).unwrap(), next);
                next += 1;
            }
            script.say(&next.to_string());
        });
        publisher.close(LONG).unwrap();
    });
}

/// A new subscriber starts at a message available then, or at a later one. From its first message
/// on it misses none.
#[test]
fn a_subscriber_that_joins_a_running_stream_misses_nothing_from_then_on() {
    for depth in [2, 8, 64] {
        let domain = TempDomain::new();
        let mut witness = Subscriber::<u64>::builder(TOPIC).domain(&domain).latest().create().unwrap();
        let mut other = Process::start("stream::child_publishes_endlessly", &domain, &[&depth.to_string()]);
        other.expect("ready");
        for round in 0..300 {
            let mut subscriber = subscriber(&domain).create().unwrap();
            // The side channel: a message that was published before now.
            let published = witness.try_recv().unwrap().map_or(0, |sample| sample.sequence());
            let first = subscriber.recv().unwrap();
            assert!(first.sequence() <= published + 1 + u64::from(round == 0), "{} > {published}", first.sequence());
            assert_eq!((first.lost_before(), *first), (0, first.sequence()));
            let mut next = first.sequence() + 1;
            while next < first.sequence() + 3 * depth + 10 {
                let sample = subscriber.recv().unwrap();
                assert_eq!((sample.sequence(), sample.lost_before()), (next, 0), "round {round}, depth {depth}");
                next += 1;
            }
            assert_eq!(subscriber.lost(), 0);
        }
        other.tell("end");
        let _all: u64 = other.listen().parse().unwrap();
        other.finish();
    }
}

/// If a subscriber pauses between its constructor and its first poll, it still finds everything
/// since then.
#[test]
fn each_publish_that_begins_after_the_constructor_is_covered() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(4).create().unwrap();
    for round in 0..200 {
        let before = publisher.publish(&round).unwrap();
        let mut subscribers = [(); 3].map(|()| subscriber(&domain).create().unwrap());
        let mut published = 0;
        while publisher.try_publish(&round).is_ok() {
            published += 1;
        }
        assert_eq!(published, 4, "the depth, from the constructor on");
        for subscriber in &mut subscribers {
            let sequences: Vec<_> = subscriber.try_iter().map(|sample| sample.unwrap().sequence()).collect();
            assert_eq!(sequences, (before + 1..before + 5).collect::<Vec<_>>());
            assert_eq!(subscriber.lost(), 0);
        }
    }
}

#[test]
fn history_precedes_what_was_promised() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(8).create().unwrap();
    for number in 0..20 {
        publisher.publish(&number).unwrap();
    }
    let mut subscriber = subscriber(&domain).history(3).create().unwrap();
    for number in 20..25 {
        publisher.try_publish(&number).unwrap();
    }
    assert_eq!(numbers(&mut subscriber), [17, 18, 19, 20, 21, 22, 23, 24]);
    assert_eq!(subscriber.lost(), 0);
}

#[test]
fn sixty_four_subscribers_receive_everything() {
    let domain = TempDomain::new();
    let mut subscribers: Vec<_> = (0..64).map(|_| subscriber(&domain).create().unwrap()).collect();
    let mut publisher = publisher(&domain).create().unwrap();
    let mut published = 0;
    for round in 0..100_usize {
        while publisher.try_publish(&published).is_ok() {
            published += 1;
        }
        // Not all of them read each time, and they do not read everything.
        for (index, subscriber) in subscribers.iter_mut().enumerate().filter(|(index, _)| index % 3 != round % 3) {
            for sample in subscriber.try_iter().take(10 + index) {
                let sample = sample.unwrap();
                assert_eq!((*sample, sample.lost_before()), (sample.sequence(), 0));
            }
        }
    }
    assert!(published > 500, "{published}");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for subscriber in &mut subscribers {
                let last = subscriber.try_iter().last().map(|sample| *sample.unwrap());
                assert!(last.is_none_or(|last| last == published - 1), "{last:?}");
            }
        });
        publisher.close(LONG).unwrap();
    });
    assert!(subscribers.iter().all(|subscriber| subscriber.lost() == 0));
}

#[test]
fn a_publisher_without_a_type_is_lossless_too() {
    use slotcast::dynamic::{self, Layout};
    let domain = TempDomain::new();
    let layout = Layout::of::<u64>().unwrap();
    let builder = dynamic::Subscriber::builder(TOPIC).domain(&domain).layout(&layout).lossless();
    let mut subscriber = builder.create().unwrap();
    let mut publisher: dynamic::Publisher =
        dynamic::Publisher::builder(TOPIC, &layout).domain(&domain).depth(2).lossless(LONG).create().unwrap();
    let value = layout.decode(&7_u64.to_le_bytes()).unwrap();
    publisher.publish(&value).unwrap();
    publisher.try_publish(&value).unwrap();
    let error = publisher.try_publish(&value).unwrap_err();
    assert!(matches!(error, dynamic::PublishError::Publish(slotcast::PublishError::Full { .. })), "{error}");
    assert_eq!(subscriber.try_iter().count(), 2);
    publisher.publish(&value).unwrap();
    assert_eq!(subscriber.try_iter().count(), 1);
    publisher.close(LONG).unwrap();
}

#[test]
fn a_subscriber_that_was_waited_for_receives_what_is_published_then() {
    let domain = TempDomain::new();
    for round in 0..200 {
        let mut publisher = publisher(&domain).depth(4).create().unwrap();
        let got = std::thread::scope(|scope| {
            // It is known before its constructor has returned, and the publisher may have finished
            // by then.
            let reader = scope.spawn(|| {
                let mut subscriber = subscriber(&domain).create().unwrap();
                let first: Vec<u64> =
                    (0..3).map_while(|_| subscriber.recv_timeout(LONG).unwrap().map(|sample| *sample)).collect();
                (first, subscriber.lost())
            });
            assert!(publisher.wait_for_subscribers(1, LONG).unwrap());
            for number in 0..3 {
                publisher.publish(&number).unwrap();
            }
            publisher.close(LONG).unwrap();
            reader.join().unwrap()
        });
        assert_eq!(got, (vec![0, 1, 2], 0), "in round {round}");
    }
}
