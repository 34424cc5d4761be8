//! What endpoints report about the other side: which subscribers are behind, which were detached,
//! what they hold, and what is promised.

mod corrupt;
mod held;
mod sources;

use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{
    Delivery, Domain, LaggardPolicy, Placement, ProcessState, Publisher, PublisherBuilder, ReaderStatus, Subscriber,
    SubscriberBuilder,
};
use std::time::Duration;

const TOPIC: &str = "x";
/// Long enough for anything that takes moments.
const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(20);

fn publisher(domain: &Domain) -> PublisherBuilder<u64> {
    Publisher::builder(TOPIC).domain(domain).depth(8)
}

fn subscriber(domain: &Domain) -> SubscriberBuilder<u64> {
    Subscriber::builder(TOPIC).domain(domain)
}

/// Returns the only element.
#[track_caller]
fn only<T>(all: Vec<T>) -> T {
    let [one] = <[T; 1]>::try_from(all).unwrap_or_else(|all| panic!("{} elements in place of one", all.len()));
    one
}

fn readers(publisher: &Publisher<u64>) -> Vec<ReaderStatus> {
    publisher.readers().unwrap()
}

/// Argument: `lossless` or not. Reads as many messages as the test asks for, again and again; 0
/// ends it.
#[test]
fn child_reads() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain()).name(&script.argument::<String>(0));
        if script.argument::<String>(0) == "lossless" {
            subscriber = subscriber.lossless();
        }
        let mut subscriber = subscriber.create().unwrap();
        script.say("ready");
        for round in 1.. {
            let count: u64 = script.argument(round);
            if count == 0 {
                break;
            }
            script.hear("read");
            (0..count).for_each(|_| drop(subscriber.recv().unwrap()));
            script.say("done");
        }
        script.hear("end");
    });
}

fn start(domain: &TempDomain, arguments: &[&str]) -> Process {
    let mut process = Process::start("child_reads", domain, arguments);
    process.expect("ready");
    process
}

fn read(process: &mut Process) {
    process.tell("read");
    process.expect("done");
}

#[test]
fn an_idle_lossless_reader_is_behind_by_the_depth_and_the_dead_are_not_listed() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).lossless(LONG).create().unwrap();
    assert_eq!(readers(&publisher), []);
    let mut other = start(&domain, &["lossless", "3", "0"]);
    let reader = only(readers(&publisher));
    assert_eq!((reader.delivery, reader.unread), (Delivery::Pending, Some(0)), "{reader}");
    for number in 0..8 {
        publisher.publish(&number).unwrap();
        let reader = only(readers(&publisher));
        assert_eq!((reader.delivery, reader.unread), (Delivery::Lossless, Some(number + 1)), "{reader}");
    }
    assert!(publisher.try_publish(&8).is_err());
    let reader = only(readers(&publisher));
    assert_eq!((reader.subscriber.pid, &*reader.subscriber.name), (other.id(), "lossless"));
    assert_eq!((reader.unread, reader.state), (Some(8), ProcessState::Running));
    assert_eq!((reader.in_place, reader.held, reader.has_left), (false, 0, false));
    assert!(reader.to_string().ends_with("\"lossless\": lossless, 8 unread"), "{reader}");

    read(&mut other);
    assert_eq!(only(readers(&publisher)).unread, Some(5), "it is asked");
    (8..11).for_each(|number| assert_eq!(publisher.try_publish(&number), Ok(number)));
    assert_eq!(only(readers(&publisher)).unread, Some(8));
    other.stop();
    let reader = only(readers(&publisher));
    assert_eq!(reader.state, ProcessState::Stopped);
    assert!(reader.to_string().ends_with("lossless, 8 unread, stopped"), "{reader}");

    other.kill_without_reaping();
    until("it is no longer listed", || readers(&publisher).is_empty());
    assert_eq!(publisher.detached_subscribers(), 0, "it died");
}

#[test]
fn a_lossy_reader_can_be_behind_by_more_than_the_depth_and_the_worst_is_first() {
    let domain = TempDomain::new();
    for is_lossless in [false, true] {
        let mut publisher = publisher(&domain);
        if is_lossless {
            publisher = publisher.lossless(LONG);
        }
        let mut publisher = publisher.create().unwrap();
        let mut other = start(&domain, &["lossy", "3", "0"]);
        let unread = |publisher: &Publisher<u64>| {
            let reader = only(readers(publisher));
            assert_eq!((reader.delivery, reader.in_place), (Delivery::Lossy, false), "{reader}");
            reader.unread
        };
        assert_eq!(unread(&publisher), Some(0));
        (0..5).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
        read(&mut other);
        assert_eq!(unread(&publisher), Some(2));
        (5..40).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
        assert_eq!(unread(&publisher), Some(37));
        let late = subscriber(&domain).placement(Placement::File).create().unwrap();
        publisher.publish(&40).unwrap();
        let all: Vec<_> = readers(&publisher).into_iter().map(|reader| reader.unread).collect();
        assert_eq!(all, [Some(38), Some(1)]);
        drop(late);
        other.tell("end");
        other.finish();
        until("it has left", || readers(&publisher).is_empty());
    }
}

#[test]
fn a_reader_that_has_not_polled_since_the_publisher_joined_has_not_begun() {
    let domain = TempDomain::new();
    let first = subscriber(&domain).lossless().create().unwrap();
    let lossy = publisher(&domain).create().unwrap();
    let mut lossless = publisher(&domain).lossless(LONG).create().unwrap();
    (0..3).for_each(|number| assert_eq!(lossless.publish(&number), Ok(number)));
    for (publisher, delivery, unread) in [(&lossy, Delivery::Lossy, None), (&lossless, Delivery::Lossless, Some(3))] {
        let reader = only(readers(publisher));
        assert_eq!((reader.delivery, reader.unread), (delivery, unread));
    }
    assert!(only(readers(&lossy)).to_string().ends_with(": lossy, unread not known"));
    drop(first);
}

#[test]
fn a_detached_reader_is_listed_and_counted() {
    let domain = TempDomain::new();
    let settings = publisher(&domain).lossless(SHORT).laggards(LaggardPolicy::Detach);
    let mut publisher = settings.create().unwrap();
    let mut other = start(&domain, &["lossless", "2", "0"]);
    let mut fast = subscriber(&domain).lossless().create().unwrap();
    (0..2).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    read(&mut other);
    for number in 2..30 {
        publisher.publish(&number).unwrap();
        fast.try_iter().for_each(|sample| drop(sample.unwrap()));
        let so_far = u64::from(number >= 10);
        assert_eq!(publisher.detached_subscribers(), so_far, "after {number}");
    }
    let all: Vec<_> =
        readers(&publisher).into_iter().map(|reader| (reader.subscriber.pid, reader.delivery, reader.unread)).collect();
    let this = std::process::id();
    assert_eq!(all, [(other.id(), Delivery::Detached, Some(28)), (this, Delivery::Lossless, Some(0))]);
    let text = readers(&publisher)[0].to_string();
    assert!(text.contains("\"lossless\": detached, 28 unread"), "{text}");
    other.tell("end");
    other.finish();
    assert_eq!(only(readers(&publisher)).subscriber.pid, this);
    assert_eq!(publisher.detached_subscribers(), 1, "it counts what was");
}

/// The publisher still waits for it.
#[test]
fn a_lossless_reader_whose_entry_was_removed_from_outside_is_listed() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).lossless(LONG).create().unwrap();
    let _subscriber = subscriber(&domain).lossless().create().unwrap();
    publisher.publish(&0).unwrap();
    let folder = domain.path().join(TOPIC);
    for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()) {
        if entry.to_string_lossy().starts_with("s-") {
            std::fs::remove_file(folder.join(entry)).unwrap();
        }
    }
    assert_eq!(publisher.subscribers().unwrap(), []);
    let reader = only(readers(&publisher));
    assert_eq!((reader.delivery, reader.unread), (Delivery::Lossless, Some(1)));
}

#[test]
fn readers_of_another_layout_read_nothing() {
    let domain = TempDomain::new();
    let _other = Subscriber::<[u64; 3]>::builder(TOPIC).domain(&domain).create().unwrap();
    let publisher = publisher(&domain).create().unwrap();
    assert_eq!(publisher.subscribers().unwrap().len(), 1);
    assert_eq!(readers(&publisher), []);
}
