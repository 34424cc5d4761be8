//! What a subscriber reports about its publishers.

use crate::{LONG, SHORT, TOPIC, only, publisher, subscriber};
use slotcast::dynamic::{self, Layout};
use slotcast::schema::Schema;
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Delivery, Domain, LaggardPolicy, Observer, Publisher, RecvError, ShmMessage, SourceStatus, Subscriber};

/// Receives everything available, whether or not messages can be lost.
fn drain(subscriber: &mut Subscriber<u64>) -> usize {
    let all: Vec<_> = subscriber.try_iter().collect();
    assert!(all.iter().all(|received| matches!(received, Ok(_) | Err(RecvError::NotLossless { .. }))));
    all.iter().filter(|received| received.is_ok()).count()
}

fn named(domain: &Domain, name: &str) -> slotcast::PublisherBuilder<u64> {
    publisher(domain).name(name)
}

fn of(subscriber: &Subscriber<u64>, name: &str) -> SourceStatus {
    let all = subscriber.sources().unwrap();
    only(all.into_iter().filter(|source| source.publisher.name == name).collect())
}

/// Publishes as many messages as the test asks for, and ends when it is told to.
#[test]
fn child_publishes() {
    testing::process(|script| {
        let mut publisher = named(script.domain(), "other").lossless(LONG).create().unwrap();
        script.say("ready");
        script.hear("publish");
        (0..script.argument(0)).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
        script.say("done");
        script.hear("never");
    });
}

#[test]
fn each_publisher_has_its_own_delivery() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).lossless().create().unwrap();
    assert_eq!(subscriber.sources().unwrap(), []);
    let mut lossy = named(&domain, "lossy").create().unwrap();
    let mut harsh = named(&domain, "harsh").lossless(SHORT).laggards(LaggardPolicy::Detach).create().unwrap();
    let mut other = Process::start("sources::child_publishes", &domain, &["5"]);
    other.expect("ready");
    assert_eq!(subscriber.sources().unwrap(), [], "it has not looked");
    assert_eq!(drain(&mut subscriber), 0);
    assert_eq!(of(&subscriber, "lossy").delivery, Delivery::Lossy);
    assert_eq!(of(&subscriber, "harsh").delivery, Delivery::Lossless, "it joined first");
    assert_eq!(of(&subscriber, "other").publisher.pid, other.id());

    other.tell("publish");
    other.expect("done");
    let source = of(&subscriber, "other");
    assert_eq!((source.delivery, source.unread, source.progress.cursor), (Delivery::Lossless, 5, 0));
    assert!(source.to_string().ends_with("\"other\": lossless, 5 unread, 0 lost, 0 skipped"), "{source}");
    other.kill();
    let source = of(&subscriber, "other");
    assert_eq!((source.delivery, source.unread, source.is_gone), (Delivery::Lossless, 5, true));
    assert!(source.to_string().ends_with("5 unread, 0 lost, 0 skipped, gone"), "{source}");

    (0..20).for_each(|number| assert_eq!(lossy.publish(&number), Ok(number)));
    (0..20).for_each(|number| assert_eq!(harsh.publish(&number), Ok(number)));
    let source = of(&subscriber, "harsh");
    assert_eq!((source.delivery, source.unread), (Delivery::Detached, 20), "before it was reported");
    assert_eq!(harsh.detached_subscribers(), 1);
    assert_eq!(drain(&mut subscriber), 5 + 8 + 8);
    assert_eq!(subscriber.publishers().unwrap().len(), 2);
    assert_eq!(drain(&mut subscriber), 0);
    let all: Vec<_> = subscriber.sources().unwrap();
    assert_eq!(all.len(), 2, "the closed publishers were read to their ends: {all:?}");
    for (name, delivery) in [("lossy", Delivery::Lossy), ("harsh", Delivery::Detached)] {
        let source = of(&subscriber, name);
        assert_eq!((source.delivery, source.unread, source.is_gone), (delivery, 0, false));
        let progress = source.progress;
        assert_eq!((progress.start, progress.cursor, progress.lost, progress.received()), (0, 20, 12, 8));
    }
}

#[test]
fn an_earlier_publisher_promises_with_its_next_message() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).lossless(LONG).create().unwrap();
    publisher.publish(&0).unwrap();
    let subscriber = subscriber(&domain).lossless().create().unwrap();
    let source = only(subscriber.sources().unwrap());
    assert_eq!((source.delivery, source.progress.start, source.unread), (Delivery::Pending, 1, 0));
    publisher.publish(&1).unwrap();
    let source = only(subscriber.sources().unwrap());
    assert_eq!((source.delivery, source.progress.start, source.unread), (Delivery::Lossless, 1, 1));
}

#[test]
fn skipped_messages_are_counted() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).create().unwrap();
    let mut subscriber = subscriber(&domain).latest().create().unwrap();
    (0..6).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    assert_eq!(drain(&mut subscriber), 1);
    let progress = only(subscriber.sources().unwrap()).progress;
    assert_eq!((progress.cursor, progress.lost, progress.skipped, progress.received()), (6, 0, 5, 1));
    assert_eq!(only(publisher.readers().unwrap()).unread, Some(0));
}

#[test]
fn untyped_subscribers_and_observers_report_the_same() {
    let domain = TempDomain::new();
    let layout = Layout::new(Schema::clone(u64::SCHEMA)).unwrap();
    let builder = dynamic::Publisher::builder(TOPIC, &layout).domain(&domain).depth(8);
    let mut publisher = builder.lossless(LONG).create().unwrap();
    let subscriber = dynamic::Subscriber::builder(TOPIC).domain(&domain).lossless().create().unwrap();
    let mut reader = Observer::new(&domain).topic(TOPIC).unwrap().unwrap().read(0).unwrap();
    (0_u64..5).for_each(|number| assert_eq!(publisher.publish_bytes(&number.to_le_bytes()), Ok(number)));
    let told = only(publisher.readers().unwrap());
    assert_eq!((told.delivery, told.unread), (Delivery::Lossless, Some(5)), "an observer is not seen");
    let source = only(subscriber.sources().unwrap());
    assert_eq!((source.delivery, source.unread), (Delivery::Lossless, 5));
    assert!(reader.try_recv().unwrap().is_some());
    let source = only(reader.sources());
    assert_eq!((source.delivery, source.unread, source.in_place), (Delivery::Lossy, 4, false));
    assert_eq!(publisher.detached_subscribers(), 0);
}

#[test]
fn an_untyped_publisher_has_readers_too() {
    let domain = TempDomain::new();
    let layout = Layout::new(Schema::clone(u64::SCHEMA)).unwrap();
    let publisher = dynamic::Publisher::builder(TOPIC, &layout).domain(&domain).create().unwrap();
    let _typed = Subscriber::<u64>::builder(TOPIC).domain(&domain).name("typed").create().unwrap();
    assert_eq!(only(publisher.readers().unwrap()).subscriber.name, "typed");
    let _other = Publisher::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
}
