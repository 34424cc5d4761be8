//! The topic's file.

use crate::book::{self, Layout};
use slotcast::testing::{self, TempDomain};
use slotcast::{Publisher, Subscriber, Wait};
use std::fs::File;
use std::os::unix::fs::MetadataExt;

#[test]
fn the_topic_file_counts_who_comes_and_goes() {
    let domain = TempDomain::new();
    let publisher = Publisher::<u64>::builder("x").domain(&domain).create().unwrap();
    let file = File::open(domain.path().join("x/topic")).unwrap();
    let status = file.metadata().unwrap();
    assert_eq!((status.size(), status.mode() & 0o7777), (4096, 0o600));
    let layout = Layout::of("topic");
    assert_eq!(layout.bytes(&file, 0, "magic"), book::magic("slottop", 1));
    let counts = || (layout.word(&file, 0, "publishers"), layout.word(&file, 0, "subscribers"));
    assert_eq!(counts(), (1, 0));
    let subscriber = Subscriber::<u64>::builder("x").domain(&domain).create().unwrap();
    assert_eq!(counts(), (1, 1));
    drop(publisher);
    assert_eq!(counts(), (2, 1));
    drop(subscriber);
    assert_eq!(counts(), (2, 2));
}

#[test]
fn the_doorbell_is_odd_while_somebody_sleeps_and_counts() {
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
            testing::until("it sleeps", || doorbell() % 2 == 1);
            publisher.publish(&rung).unwrap();
            assert_eq!(receiver.join().unwrap(), rung);
        });
        assert_eq!(doorbell() / 2, rung, "and it may be odd, as a receiver says that it sleeps before it looks again");
    }
}
