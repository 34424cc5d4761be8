//! Processes that the tests look at.

use slotcast::testing::{self, Process};
use slotcast::{Domain, Placement, Publisher, Subscriber};
use std::thread;
use std::time::Duration;

/// Starts a process, and waits until it is ready.
pub(crate) fn start(function: &str, domain: &Domain, arguments: &[&str]) -> Process {
    let mut process = Process::start(&format!("children::{function}"), domain, arguments);
    process.expect("ready");
    process
}

/// Publishes some messages on a topic.
#[test]
fn publishes() {
    testing::process(|script| {
        let builder = Publisher::<u64>::builder(script.argument::<String>(0)).name("arm");
        let mut publisher = builder.domain(script.domain()).create().unwrap();
        for number in 0..script.argument(1) {
            publisher.publish(&number).unwrap();
        }
        script.say("ready");
        script.hear("end");
    });
}

/// Publishes until it is killed.
#[test]
fn streams() {
    testing::process(|script| {
        let builder = Publisher::<u64>::builder(script.argument::<String>(0)).name("arm");
        let mut publisher = builder.domain(script.domain()).create().unwrap();
        publisher.publish(&0).unwrap();
        script.say("ready");
        for number in 1.. {
            publisher.publish(&number).unwrap();
            thread::sleep(Duration::from_millis(1));
        }
    });
}

/// Expects another type than the publishers have.
#[test]
fn expects_bytes() {
    testing::process(|script| {
        let builder = Subscriber::<[u8; 8]>::builder(script.argument::<String>(0)).name("gripper");
        let _subscriber = builder.domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("end");
    });
}

/// A lossless subscriber that reads one message.
#[test]
fn reads_one() {
    testing::process(|script| {
        let builder = Subscriber::<u64>::builder(script.argument::<String>(0)).name("log").lossless();
        let mut subscriber = builder.domain(script.domain()).create().unwrap();
        script.say("ready");
        subscriber.recv().unwrap();
        script.say("read");
        script.hear("end");
    });
}

/// A lossless publisher that publishes until a subscriber holds it up.
#[test]
fn publishes_losslessly() {
    testing::process(|script| {
        let builder = Publisher::<u64>::builder(script.argument::<String>(0)).name("arm").depth(4);
        let mut publisher = builder.lossless(Duration::from_secs(3600)).domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("publish");
        for number in 0.. {
            publisher.publish(&number).unwrap();
        }
    });
}

/// Holds samples of large messages.
#[test]
fn holds_samples() {
    testing::process(|script| {
        let builder = Subscriber::<[u8]>::builder(script.argument::<String>(0)).name("viewer");
        let mut subscriber = builder.domain(script.domain()).create().unwrap();
        script.say("ready");
        let mut held = Vec::new();
        for _ in 0..script.argument(1) {
            held.push(subscriber.recv().unwrap());
            script.say("holds one");
        }
        script.hear("end");
    });
}

/// A publisher whose memory is in a file.
#[test]
fn places_files() {
    testing::process(|script| {
        let builder = Publisher::<u64>::builder(script.argument::<String>(0)).placement(Placement::File);
        let _publisher = builder.domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("end");
    });
}

/// Publishes as another user, in that user's domain.
#[test]
fn publishes_as_user() {
    testing::process(|script| {
        let user = rustix::process::Uid::from_raw(script.argument(1));
        // Of this thread alone, which creates the publisher.
        rustix::thread::set_thread_res_uid(user, user, user).unwrap();
        let builder = Publisher::<u64>::builder(script.argument::<String>(0));
        let _publisher = builder.domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("end");
    });
}
