//! Which subscribers hold large messages in place.

use crate::only;
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Delivery, Domain, Publisher, ReaderStatus, Subscriber};

type Large = [u64; 512];

fn publisher(domain: &Domain) -> Publisher<Large> {
    Publisher::builder("large").domain(domain).create().unwrap()
}

fn subscriber(domain: &Domain) -> Subscriber<Large> {
    Subscriber::builder("large").domain(domain).create().unwrap()
}

fn publish(publisher: &mut Publisher<Large>, count: u64) {
    (0..count).for_each(|number| assert!(publisher.publish(&[number; 512]).is_ok()));
}

fn readers(publisher: &Publisher<Large>) -> Vec<ReaderStatus> {
    publisher.readers().unwrap()
}

/// Receives as many messages as the test asks for, and keeps them until it is told to drop them.
#[test]
fn child_holds() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain());
        script.say("ready");
        let samples: Vec<_> = (0..script.argument(0)).map(|_| subscriber.recv().unwrap()).collect();
        assert!(samples.iter().all(slotcast::Sample::is_in_place));
        script.say("held");
        script.hear("drop");
        drop(samples);
        script.say("dropped");
        script.hear("end");
    });
}

#[test]
fn messages_held_beyond_the_ring_are_counted() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    let mut other = Process::start("held::child_holds", &domain, &["5"]);
    other.expect("ready");
    let copying = Subscriber::<Large>::builder("large").domain(&domain).max_samples(0).create().unwrap();
    publish(&mut publisher, 5);
    other.expect("held");
    let of = |publisher: &Publisher<Large>, pid| {
        let mut all = readers(publisher);
        assert_eq!(all.len(), 2, "{all:?}");
        all.retain(|reader| reader.subscriber.pid == pid);
        only(all)
    };
    let reader = of(&publisher, other.id());
    assert_eq!((reader.in_place, reader.held, reader.unread), (true, 0, Some(0)), "they are in the ring");
    publish(&mut publisher, 100);
    let reader = of(&publisher, other.id());
    assert_eq!((reader.in_place, reader.held, reader.unread), (true, 5, Some(100)));
    assert!(reader.to_string().ends_with(": lossy, 100 unread, samples in place, 5 held"), "{reader}");
    let reader = of(&publisher, std::process::id());
    assert_eq!((reader.delivery, reader.in_place, reader.held), (Delivery::Lossy, false, 0));
    other.tell("drop");
    other.expect("dropped");
    assert_eq!(of(&publisher, other.id()).held, 0);
    drop(copying);
    other.tell("end");
    other.finish();
    assert_eq!(readers(&publisher), []);
}

#[test]
fn the_dead_hold_nothing() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    let mut other = Process::start("held::child_holds", &domain, &["3"]);
    other.expect("ready");
    publish(&mut publisher, 3);
    other.expect("held");
    publish(&mut publisher, 30);
    assert_eq!(only(readers(&publisher)).held, 3);
    other.kill();
    assert_eq!(readers(&publisher), []);
}

#[test]
fn a_subscriber_that_has_left_is_listed_while_it_holds_something() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    let mut subscriber = subscriber(&domain);
    publish(&mut publisher, 2);
    let samples: Vec<_> = subscriber.try_iter().map(Result::unwrap).collect();
    drop(subscriber);
    assert_eq!(readers(&publisher), [], "what it holds is in the ring");
    publish(&mut publisher, 30);
    let reader = only(readers(&publisher));
    assert_eq!((reader.has_left, reader.in_place, reader.held, reader.unread), (true, false, 2, None));
    assert!(reader.to_string().ends_with(": lossy, unread not known, 2 held, has left"), "{reader}");
    drop(samples);
    assert_eq!(readers(&publisher), []);
}

/// A detached subscriber keeps what it holds, and receives no more in place.
#[test]
fn a_detached_subscriber_still_holds_its_samples() {
    let domain = TempDomain::new();
    let settings = Publisher::<Large>::builder("large").domain(&domain).depth(4);
    let settings = settings.lossless(std::time::Duration::ZERO).laggards(slotcast::LaggardPolicy::Detach);
    let mut publisher = settings.create().unwrap();
    let mut subscriber = Subscriber::<Large>::builder("large").domain(&domain).lossless().create().unwrap();
    publish(&mut publisher, 1);
    let sample = subscriber.recv().unwrap();
    let reader = only(readers(&publisher));
    assert_eq!((reader.delivery, reader.in_place), (Delivery::Lossless, true));
    let source = only(subscriber.sources().unwrap());
    assert_eq!((source.delivery, source.in_place), (Delivery::Lossless, true));
    publish(&mut publisher, 30);
    let reader = only(readers(&publisher));
    assert_eq!((reader.delivery, reader.in_place, reader.held), (Delivery::Detached, false, 1));
    let source = only(subscriber.sources().unwrap());
    assert_eq!((source.delivery, source.in_place, source.unread), (Delivery::Detached, false, 30));
    assert_eq!((sample[0], publisher.detached_subscribers()), (0, 1));
}
