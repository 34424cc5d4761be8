//! Forks while other threads create and drop endpoints: neither side waits for a lock forever.

use crate::child::{fork, wait_for};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Publisher, Subscriber};
use slotcast_tests::holdings::assert_nothing_left;
use slotcast_tests::message::Counted;
use std::sync::atomic::{AtomicBool, Ordering};

/// Endpoints are created and dropped, and samples outlive their subscribers.
fn create_and_drop(domain: &slotcast::Domain, topic: &str) {
    let mut subscriber = Subscriber::<Counted>::builder(topic).domain(domain).create().unwrap();
    let mut publisher = Publisher::<Counted>::builder(topic).domain(domain).create().unwrap();
    publisher.publish(&Counted::new(1)).unwrap();
    let sample = subscriber.try_iter().map(Result::unwrap).next();
    drop((subscriber, publisher));
    assert!(sample.is_some_and(|sample| sample.is_whole()));
}

#[test]
fn child_forks() {
    testing::process(|script| {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for topic in ["one", "other"] {
                let (domain, stop) = (script.domain(), &stop);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        create_and_drop(domain, topic);
                    }
                });
            }
            for _ in 0..100 {
                let child = fork(|| create_and_drop(script.domain(), "child"));
                wait_for(child);
            }
            stop.store(true, Ordering::Relaxed);
        });
        script.say("done");
    });
}

#[test]
fn a_hundred_forks_beside_threads_that_create_and_drop_endpoints() {
    let domain = TempDomain::new();
    let mut process = Process::start("threads::child_forks", &domain, &[]);
    process.expect("done");
    process.finish();
    assert_nothing_left(&domain);
}

/// While two threads use this crate for the first time in the process, a third one forks.
#[test]
fn child_forks_first() {
    testing::process(|script| {
        let ready = std::sync::Barrier::new(3);
        std::thread::scope(|scope| {
            for topic in ["one", "other"] {
                let (domain, ready) = (script.domain(), &ready);
                scope.spawn(move || {
                    ready.wait();
                    create_and_drop(domain, topic);
                });
            }
            ready.wait();
            for _ in 0..10 {
                wait_for(fork(|| create_and_drop(script.domain(), "child")));
            }
        });
        script.say("done");
    });
}

#[test]
fn forks_beside_the_first_endpoints_of_a_process() {
    for _ in 0..100 {
        let domain = TempDomain::new();
        let mut process = Process::start("threads::child_forks_first", &domain, &[]);
        process.expect("done");
        process.finish();
        assert_nothing_left(&domain);
    }
}
