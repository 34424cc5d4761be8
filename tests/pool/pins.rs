//! Samples in place: they outlive everything, and a process that dies or stops with some keeps no
//! others.

use crate::messages::{Large, large, number, publisher, subscriber};
use slotcast::registry::Role;
use slotcast::testing::{self, Action, Process, TempDomain, until};
use slotcast::{LoanError, Observer, PublishError, Publisher, Sample, Subscriber};
use slotcast_tests::holdings::assert_nothing_left;

/// Receives a number of messages, reports whether all are in place, and keeps them.
#[test]
fn child_holds() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain());
        script.say("ready");
        let samples: Vec<_> = (0..script.argument(0)).map(|_| subscriber.recv().unwrap()).collect();
        let in_place = samples.iter().filter(|sample| sample.is_in_place()).count();
        script.say(&in_place.to_string());
        script.hear("check");
        for (index, sample) in samples.iter().enumerate() {
            assert_eq!(number(&sample[..]), index as u64);
        }
        script.say("whole");
    });
}

/// Publishes messages as the test asks for them, until it is killed.
#[test]
fn child_publishes() {
    testing::process(|script| {
        let mut publisher = publisher(script.domain());
        script.say("ready");
        script.hear("go");
        for number in 0..script.argument(0) {
            publisher.publish(&large(number)).unwrap();
        }
        script.say("done");
        script.hear("never");
    });
}

#[test]
fn samples_are_in_place_and_not_overwritten() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    let mut other = Process::start("pins::child_holds", &domain, &["5"]);
    other.expect("ready");
    for number in 0..5 {
        publisher.publish(&large(number)).unwrap();
    }
    other.expect("5");
    for number in 5..500 {
        publisher.publish(&large(number)).unwrap();
    }
    other.tell("check");
    other.expect("whole");
    other.finish();
    assert!(publisher.pool_memory() < 16 << 20, "{}", publisher.pool_memory());
}

#[test]
fn messages_from_before_a_grant_are_copied() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    publisher.publish(&large(0)).unwrap();
    let mut subscriber = Subscriber::<Large>::builder("x").domain(&domain).history(8).create().unwrap();
    let first = subscriber.try_recv().unwrap().unwrap();
    publisher.publish(&large(1)).unwrap();
    let second = subscriber.try_recv().unwrap().unwrap();
    assert_eq!((first.is_in_place(), second.is_in_place()), (false, true));
    for number in 2..200 {
        publisher.publish(&large(number)).unwrap();
    }
    assert_eq!((number(&first[..]), number(&second[..]), number(&second.copied())), (0, 1, 1));
}

#[test]
fn samples_beyond_the_maximum_are_copied() {
    let domain = TempDomain::new();
    for most in [0, 1, 3, 8] {
        let mut publisher = publisher(&domain);
        let mut subscriber = Subscriber::<Large>::builder("x").domain(&domain).max_samples(most).create().unwrap();
        publisher.publish(&large(0)).unwrap();
        assert_eq!(number(&subscriber.try_recv().unwrap().unwrap()[..]), 0);
        let mut samples: Vec<Sample<Large>> = Vec::new();
        for number in 1..=20 {
            publisher.publish(&large(number)).unwrap();
            samples.push(subscriber.try_recv().unwrap().unwrap());
        }
        let in_place = samples.iter().filter(|sample| sample.is_in_place()).count() as u64;
        assert_eq!(in_place, most);
        for (index, sample) in samples.iter().enumerate() {
            assert_eq!(number(&sample[..]), index as u64 + 1);
        }
        // A clone needs no pin, and the last clone releases it.
        let clones = samples.clone();
        drop(samples);
        assert_eq!(clones.iter().filter(|sample| sample.is_in_place()).count() as u64, most);
        publisher.publish(&large(21)).unwrap();
        assert!(!subscriber.try_recv().unwrap().unwrap().is_in_place());
        std::thread::spawn(|| drop(clones)).join().unwrap();
        publisher.publish(&large(22)).unwrap();
        assert_eq!(subscriber.try_recv().unwrap().unwrap().is_in_place(), most > 0);
    }
    let error = Subscriber::<Large>::builder("x").domain(&domain).max_samples(257).create().unwrap_err().to_string();
    assert!(error.contains("`max_samples` is 257, and must be between 0 and 256"), "{error}");
}

#[test]
fn samples_outlive_their_publisher() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain);
    let mut other = Process::start("pins::child_publishes", &domain, &["3"]);
    other.expect("ready");
    subscriber.publishers().unwrap();
    other.tell("go");
    other.expect("done");
    let samples: Vec<_> = subscriber.try_iter().map(Result::unwrap).collect();
    assert!(samples.len() == 3 && samples.iter().all(Sample::is_in_place));
    other.kill();
    // Another publisher joins, whose slots have the same offsets.
    let mut publisher = publisher(&domain);
    for number in 0..100 {
        publisher.publish(&large(number)).unwrap();
        assert_eq!(crate::messages::number(&subscriber.try_recv().unwrap().unwrap()[..]), number);
    }
    for (index, sample) in samples.iter().enumerate() {
        assert_eq!(number(&sample[..]), index as u64);
    }
    drop((publisher, subscriber));
    assert_eq!(number(&samples[1][..]), 1);
    drop(samples);
    assert_nothing_left(&domain);
}

#[test]
fn samples_outlive_their_subscriber() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    let mut reader = subscriber(&domain);
    publisher.publish(&large(0)).unwrap();
    let sample = reader.try_recv().unwrap().unwrap();
    assert!(sample.is_in_place());
    let other = reader.try_recv().unwrap();
    assert!(other.is_none());
    drop(reader);
    assert_eq!(publisher.subscribers().unwrap().len(), 0, "it has left");
    for number in 1..300 {
        publisher.publish(&large(number)).unwrap();
        // Others join and leave: which makes the publisher look for the dead.
        drop(number.is_multiple_of(50).then(|| subscriber(&domain)));
    }
    assert_eq!(number(&sample[..]), 0);
    drop(publisher);
    assert_eq!(number(&sample[..]), 0);
    drop(sample);
    assert_nothing_left(&domain);
}

/// The size of a pool that no other test uses.
const ODD: u64 = (16 << 20) + 37 * 4096;

/// Returns how often a pool of that size is mapped by this process.
fn mapped() -> usize {
    let range = |line: &str| -> u64 {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        u64::from_str_radix(end, 16).unwrap() - u64::from_str_radix(start, 16).unwrap()
    };
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    // Only memfds: heaps of this process can happen to have that size, too.
    let pools = maps.lines().filter(|line| line.contains("/memfd:"));
    pools.filter(|line| (ODD..ODD + (1 << 20)).contains(&range(line))).count()
}

/// Publishes three messages from such a pool, until it is killed.
#[test]
fn child_publishes_from_an_odd_pool() {
    testing::process(|script| {
        let builder = Publisher::<Large>::builder("x").domain(script.domain()).max_memory(ODD);
        let mut publisher = builder.create().unwrap();
        for number in 0..3 {
            publisher.publish(&large(number)).unwrap();
        }
        script.say("done");
        script.hear("never");
    });
}

#[test]
fn a_pool_is_mapped_as_long_as_it_is_read_or_held() {
    let domain = TempDomain::new();
    for is_read_further in [true, false] {
        let mut subscriber =
            Subscriber::<Large>::builder("x").domain(&domain).max_samples(4).history(3).create().unwrap();
        let mut other = Process::start("pins::child_publishes_from_an_odd_pool", &domain, &[]);
        other.expect("done");
        let mut samples: Vec<_> = (0..3).map(|_| subscriber.recv().unwrap()).collect();
        let last = samples.pop().unwrap();
        drop(samples);
        assert_eq!(mapped(), 1);
        other.kill();
        let subscriber = is_read_further.then(|| {
            until("its publisher has left", || subscriber.publishers().unwrap().is_empty());
            assert!(subscriber.try_recv().unwrap().is_none(), "all was read: it is let go");
            subscriber
        });
        assert_eq!((mapped(), number(&last[..])), (1, 2), "it is held");
        let clone = last.clone();
        std::thread::spawn(|| drop(last)).join().unwrap();
        assert_eq!((mapped(), number(&clone[..])), (1, 2), "it is held");
        std::thread::spawn(|| drop(clone)).join().unwrap();
        assert_eq!(mapped(), 0);
        // All pins can be used again.
        if let Some(mut subscriber) = subscriber {
            let mut publisher = publisher(&domain);
            publisher.wait_for_subscribers(1, testing::PATIENCE).unwrap();
            for number in 0..4 {
                publisher.publish(&large(number)).unwrap();
            }
            let samples: Vec<_> = subscriber.try_iter().map(Result::unwrap).collect();
            assert!(samples.len() == 4 && samples.iter().all(Sample::is_in_place));
        }
    }
    assert_nothing_left(&domain);
}

/// Space for two loans, for those in the ring of two cells, and for `pins` pins.
fn small(domain: &TempDomain, pins: u64) -> Publisher<Large> {
    Publisher::builder("x").domain(domain).depth(1).max_memory((4 + pins) << 16).create().unwrap()
}

/// Returns how many messages of its publisher the subscriber of this process has received.
fn received(domain: &TempDomain, pid: u32) -> u64 {
    let topic = Observer::new(domain).topic("x").unwrap().unwrap();
    let peers = topic.endpoints().unwrap().into_iter().map(|endpoint| endpoint.peer.unwrap());
    let subscriber = peers.into_iter().find(|peer| peer.role == Role::Subscriber && peer.name.pid == pid).unwrap();
    topic.progress(&subscriber).unwrap().0.first().map_or(0, |line| line.1.received())
}

#[test]
fn a_killed_subscriber_releases_its_slots() {
    let domain = TempDomain::new();
    let mut publisher = small(&domain, 8);
    for _ in 0..5 {
        let mut other = Process::start("pins::child_holds", &domain, &["8"]);
        other.expect("ready");
        let mut published = 0;
        // One at a time, so that none is lost.
        while published < 8 {
            publisher.publish(&large(published)).unwrap();
            published += 1;
            until("it has received it", || received(&domain, other.id()) == published);
        }
        other.expect("8");
        // All slots circulate but those that it holds.
        for number in 0..100 {
            publisher.publish(&large(number)).unwrap();
        }
        // Messages in the ring make room for loans.
        let loans = [(); 4].map(|()| publisher.loan().unwrap());
        let error = publisher.loan().map(drop).unwrap_err().to_string();
        assert!(error.contains("the newest 0 messages are kept for readers, 4 loans are open"), "{error}");
        assert!(error.contains(&format!("8 older ones by samples of the subscriber (pid {}", other.id())), "{error}");
        drop(loans);
        other.tell("check");
        other.expect("whole");
        other.kill();
        let all: Vec<_> = std::iter::from_fn(|| publisher.loan().ok()).collect();
        assert_eq!(all.len(), 12);
    }
    assert_eq!(publisher.pool_memory(), 12 << 16);
}

#[test]
fn a_stopped_subscriber_keeps_no_more_than_its_samples() {
    let domain = TempDomain::new();
    let mut publisher = small(&domain, 8);
    let mut other = Process::start("pins::child_holds", &domain, &["2"]);
    other.expect("ready");
    for number in 0..2 {
        publisher.publish(&large(number)).unwrap();
        until("it has received it", || received(&domain, other.id()) == number + 1);
    }
    other.expect("2");
    other.stop();
    for number in 0..1000 {
        publisher.publish(&large(number)).unwrap();
    }
    other.go_on();
    other.tell("check");
    other.expect("whole");
    other.finish();
}

/// A reader stops between its pin and its second check: while the message is overwritten, and while
/// it is not.
#[test]
fn a_reader_stopped_at_a_pin_receives_a_whole_message_or_none() {
    for (point, first) in [("pin.stored", None), ("pin.held", Some(0))] {
        let domain = TempDomain::new();
        let mut publisher = publisher(&domain);
        let mut other = Process::start_until("pins::child_receives_one", &domain, &[], point, 1, Action::Stop);
        other.expect("ready");
        publisher.publish(&large(0)).unwrap();
        other.wait_until_stopped();
        for number in 1..200 {
            publisher.publish(&large(number)).unwrap();
        }
        other.go_on();
        let received: u64 = other.listen().parse().unwrap();
        assert!(first.map_or((192..200).contains(&received), |first| first == received), "{point}: {received}");
        other.finish();
    }
}

#[test]
fn child_receives_one() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain());
        script.say("ready");
        let sample = subscriber.recv().unwrap();
        assert!(sample.is_in_place());
        script.say(&number(&sample[..]).to_string());
    });
}

/// A reader that dies at a pin releases the slot.
#[test]
fn a_reader_killed_at_a_pin_holds_nothing() {
    for point in ["pin.stored", "pin.held"] {
        let domain = TempDomain::new();
        let mut publisher = small(&domain, 8);
        for _ in 0..10 {
            let mut other = Process::start_until("pins::child_receives_one", &domain, &[], point, 1, Action::Kill);
            other.expect("ready");
            publisher.publish(&large(0)).unwrap();
            assert!(!other.wait().success());
        }
        let all: Vec<_> = std::iter::from_fn(|| publisher.loan().ok()).collect();
        assert_eq!(all.len(), 12, "{point}");
    }
}

#[test]
fn a_subscriber_without_a_place_for_its_pins_copies_until_others_leave() {
    let domain = TempDomain::new();
    let mut publisher = small(&domain, 10);
    let mut subscribers: Vec<_> = (0..3).map(|_| subscriber(&domain)).collect();
    while !subscribers.is_empty() {
        for number in 0..100 {
            publisher.publish(&large(number)).unwrap();
            let samples: Vec<_> = subscribers.iter_mut().map(|one| one.try_recv().unwrap().unwrap()).collect();
            assert!(samples.iter().all(|sample| crate::messages::number(&sample[..]) == number));
            let in_place: Vec<_> = samples.iter().map(Sample::is_in_place).collect();
            assert_eq!(in_place.iter().filter(|&&it| it).count(), 1, "of those of 8 pins each");
            if number == 99 {
                drop(samples);
                subscribers.remove(in_place.iter().position(|&it| it).unwrap());
            }
        }
    }
    // A killed one does not count.
    for _ in 0..3 {
        let mut other = Process::start("pins::child_holds", &domain, &["1"]);
        other.expect("ready");
        until("it receives", || {
            publisher.publish(&large(0)).unwrap();
            received(&domain, other.id()) > 0
        });
        other.expect("1");
        other.kill();
    }
}

#[test]
fn a_lossless_subscriber_without_a_place_for_its_pins_holds_in_place_once_others_leave() {
    let domain = TempDomain::new();
    let builder = Publisher::<Large>::builder("x").domain(&domain).lossless(testing::PATIENCE);
    let mut publisher = builder.max_memory((16 + 2 + 10) * size_of::<Large>() as u64).create().unwrap();
    let subscriber = || Subscriber::<Large>::builder("x").domain(&domain).lossless().create().unwrap();
    let mut subscribers = vec![subscriber(), subscriber()];
    let mut are_in_place = |subscribers: &mut [Subscriber<Large>]| {
        publisher.publish(&large(0)).unwrap();
        subscribers.iter_mut().map(|one| one.recv().unwrap().is_in_place()).filter(|&it| it).count()
    };
    assert_eq!(are_in_place(&mut subscribers), 1);
    let first = are_in_place(&mut subscribers[..1]);
    subscribers[1].recv().unwrap();
    subscribers.remove(1 - first);
    assert_eq!(are_in_place(&mut subscribers), 1);
    assert_eq!(are_in_place(&mut subscribers), 1);
}

#[test]
fn exhaustion_is_explained() {
    let domain = TempDomain::new();
    let mut publisher = small(&domain, 0);
    for number in 0..10 {
        publisher.publish(&large(number)).unwrap();
    }
    let loans = [(); 4].map(|()| publisher.loan().unwrap());
    let error = publisher.publish(&large(0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "topic \"x\": no memory for a message of 65536 bytes: of the pool's 262144 bytes the newest 0 messages are kept \
         for readers, 4 loans are open, and no subscriber holds an older one; drop loans and samples, or raise \
         `max_memory` (or lower `depth`) where the publisher is created"
    );
    assert!(matches!(error, PublishError::NoMemory(LoanError::PoolExhausted(_))));
    drop(loans);
    publisher.publish(&large(0)).unwrap();
}

/// Two publishers, and a subscriber with samples of both.
#[test]
fn pins_belong_to_one_publisher() {
    let domain = TempDomain::new();
    let mut publishers = [publisher(&domain), publisher(&domain)];
    let mut subscriber = subscriber(&domain);
    let mut samples = Vec::new();
    for number in 0..4 {
        for publisher in &mut publishers {
            publisher.publish(&large(number)).unwrap();
        }
        samples.extend(subscriber.try_iter().map(Result::unwrap));
    }
    assert!(samples.len() == 8 && samples.iter().all(Sample::is_in_place));
    for number in 0..200 {
        for publisher in &mut publishers {
            publisher.publish(&large(1000 + number)).unwrap();
        }
    }
    for (index, sample) in samples.iter().enumerate() {
        assert_eq!(number(&sample[..]), index as u64 / 2);
    }
}
