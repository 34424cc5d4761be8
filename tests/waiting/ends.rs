//! Reading until all publishers have closed or died.

use crate::{publisher, subscriber};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{RecvError, Subscriber, Wait};
use std::sync::mpsc;
use std::time::Instant;

/// Publishes `argument 0` numbers, and ends or is killed as the test decides.
#[test]
fn child_publishes_some() {
    testing::process(|script| {
        let mut publisher = publisher(script.domain(), "work");
        publisher.wait_for_subscribers(1, PATIENCE).unwrap();
        for number in 0..script.argument(0) {
            publisher.publish(&number).unwrap();
        }
        script.say("published");
        script.hear("end");
    });
}

/// Returns how many messages arrived until the end, which must come soon.
fn read_to_end(subscriber: &mut Subscriber<u64>) -> usize {
    let start = Instant::now();
    let count = subscriber.iter_to_end().map(Result::unwrap).count();
    assert!(start.elapsed() < PATIENCE);
    count
}

#[test]
fn it_ends_with_its_publishers_whether_they_close_or_die() {
    for is_killed in [false, true] {
        let domain = TempDomain::new();
        let mut subscriber = subscriber(&domain, "work", Wait::default());
        let others = [30, 10].map(|count: u64| {
            let mut other = Process::start("ends::child_publishes_some", &domain, &[&count.to_string()]);
            other.expect("published");
            other
        });
        // One is read slowly and is closed before it is read to its end, and nothing of another was
        // read.
        let mut received = usize::from(subscriber.recv_to_end().unwrap().is_some());
        for mut other in others {
            if is_killed {
                other.kill();
            } else {
                other.tell("end");
                other.finish();
            }
        }
        received += read_to_end(&mut subscriber);
        assert_eq!((received, subscriber.lost()), (40, 0));
        assert_eq!(read_to_end(&mut subscriber), 0, "it waits no more");
        // Unless another publisher joins.
        let mut last = publisher(&domain, "work");
        last.publish(&7).unwrap();
        assert_eq!(*subscriber.recv_to_end().unwrap().unwrap(), 7);
        drop(last);
        assert_eq!(read_to_end(&mut subscriber), 0);
    }
}

#[test]
fn it_waits_for_the_first_publisher_and_for_each_that_lives() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "work", Wait::Sleep);
    let (sender, received) = mpsc::channel();
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            for sample in subscriber.iter_to_end() {
                sender.send(*sample.unwrap()).unwrap();
            }
        });
        let mut first = publisher(&domain, "work");
        first.publish(&1).unwrap();
        assert_eq!(received.recv_timeout(PATIENCE), Ok(1));
        let mut second = publisher(&domain, "work");
        second.publish(&2).unwrap();
        assert_eq!(received.recv_timeout(PATIENCE), Ok(2));
        drop(first);
        for number in 3..10 {
            second.publish(&number).unwrap();
            assert_eq!(received.recv_timeout(PATIENCE), Ok(number));
        }
        assert!(!reading.is_finished());
        drop(second);
        assert!(received.recv_timeout(PATIENCE).is_err() && reading.join().is_ok(), "it ends");
    });
}

#[test]
fn it_ends_when_it_is_closed() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain, "work", Wait::Sleep);
    let closer = subscriber.closer();
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| read_to_end(&mut subscriber));
        closer.close();
        assert_eq!(reading.join().unwrap(), 0);
    });
    assert!(matches!(subscriber.recv_to_end(), Err(RecvError::Closed { .. })));
}
