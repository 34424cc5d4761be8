//! The topic's file.

use crate::book::{self, Layout};
use slotcast::testing::{self, TempDomain};
use slotcast::{Publisher, Subscriber, Wait};
use std::fs::File;
use std::os::unix::fs::MetadataExt;

#[test]
fn the_topic_file_counts_arrivals_and_departures() {
    let domain = TempDomain::new();
    let publisher = Publisher::<u64>::builder("x").domain(&domain).create().unwrap();
    let file = File::open(domain.path().join("x/topic")).unwrap();
    let status = file.metadata().unwrap();
    assert_eq!((status.size(), status.mode() & 0o7777), (4096, 0o600));
    let layout = Layout::of("topic");
    assert_eq!(layout.bytes(&file, 0, "magic"), book::magic("slottop", 1));
    let counts = || (layout.word(&file, 0, "publishers"), layout.word(&file, 0, "subscribers"));
    assert_eq!(counts(), (1, 0));
    let namespace = std::fs::metadata("/proc/self/ns/pid").unwrap().ino();
    assert_eq!((layout.word(&file, 0, "namespace"), layout.word(&file, 0, "several_namespaces")), (namespace, 0));
    let subscriber = Subscriber::<u64>::builder("x").domain(&domain).create().unwrap();
    assert_eq!(counts(), (1, 1));
    drop(publisher);
    assert_eq!(counts(), (2, 1));
    drop(subscriber);
    assert_eq!(counts(), (2, 2));
}

#[test]
fn the_doorbell_shows_sleepers_and_counts() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("x").domain(&domain).create().unwrap();
    let subscriber = Subscriber::<u64>::builder("x").domain(&domain).wait(Wait::Sleep);
    let mut subscriber = subscriber.create().unwrap();
    let file = File::open(domain.path().join("x/topic")).unwrap();
    let layout = Layout::of("topic");
    let doorbell = || layout.word(&file, 0, "doorbell");
    publisher.publish(&0).unwrap();
    assert_eq!(doorbell(), 0, "nobody has slept");
    for rung in 1..=3 {
        subscriber.try_iter().for_each(|sample| drop(sample.unwrap()));
        std::thread::scope(|scope| {
            let receiver = scope.spawn(|| *subscriber.recv().unwrap());
            testing::until("it sleeps", || doorbell() & 3 == 1);
            publisher.publish(&rung).unwrap();
            assert_eq!(receiver.join().unwrap(), rung);
        });
        assert_eq!(
            doorbell() >> 2,
            rung,
            "and a bit may be set: a receiver announces that it will sleep before it polls again"
        );
    }
}

#[test]
fn wake_sockets_are_counted_and_woken_by_one_byte() {
    use std::os::unix::fs::FileTypeExt;
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<u64>::builder("x").domain(&domain).create().unwrap();
    let file = File::open(domain.path().join("x/topic")).unwrap();
    let layout = Layout::of("topic");
    assert_eq!(layout.word(&file, 0, "wake_sockets"), 0);
    subscriber.event_fd().unwrap();
    assert_eq!(layout.word(&file, 0, "wake_sockets"), 1);
    let names = std::fs::read_dir(domain.path().join("x")).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    let entry = names.iter().find_map(|name| name.strip_prefix("s-")).unwrap();
    let bell = std::fs::metadata(domain.path().join("x").join(format!("b-{entry}"))).unwrap();
    assert!(bell.file_type().is_socket());
    assert_eq!(bell.mode() & 0o7777, 0o600);
    assert!(subscriber.try_recv().unwrap().is_none());
    assert_eq!(layout.word(&file, 0, "doorbell") & 3, 2, "it waits for its bell");
    publisher.publish(&1).unwrap();
    assert_eq!(layout.word(&file, 0, "doorbell"), 4);
}

#[test]
fn the_capacity_doorbell_is_odd_while_a_publisher_sleeps() {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<u64>::builder("x").domain(&domain).lossless().create().unwrap();
    let builder = Publisher::<u64>::builder("x").domain(&domain).depth(1).lossless(testing::PATIENCE);
    let mut publisher = builder.create().unwrap();
    let file = File::open(domain.path().join("x/topic")).unwrap();
    let layout = Layout::of("topic");
    let capacity = || layout.word(&file, 0, "capacity");
    publisher.publish(&0).unwrap();
    assert_eq!(capacity(), 0, "nobody has slept");
    for rung in 1..=3 {
        std::thread::scope(|scope| {
            let sender = scope.spawn(|| publisher.publish(&rung).unwrap());
            testing::until("it sleeps", || capacity() % 2 == 1);
            assert_eq!(*subscriber.try_recv().unwrap().unwrap(), rung - 1);
            assert_eq!(sender.join().unwrap(), rung);
        });
        assert_eq!(capacity() / 4, rung, "it counts as the doorbell does");
    }
}
