//! The processes that are killed.

use crate::ENDPOINTS;
use slotcast::registry::Placement;
use slotcast::testing::{self, Script};
use slotcast::{Publisher, Subscriber};
use std::time::Duration;

/// A message that is in the pool.
pub(crate) type Large = [u64; 512];

pub(crate) const ALL: &[&str] = &[
    "children::child_publishing",
    "children::child_publishing_losslessly",
    "children::child_subscribing",
    "children::child_subscribing_losslessly",
    "children::child_with_a_descriptor",
];

fn placement(script: &Script) -> Placement {
    if script.argument::<String>(1) == "file" { Placement::File } else { Placement::Auto }
}

/// Creates endpoints, and waits for its death.
fn run<E>(create: impl Fn(&str, &Script) -> E) {
    testing::process(|script| {
        let topic: String = script.argument(0);
        let _endpoints: Vec<E> = (0..ENDPOINTS).map(|_| create(&topic, &script)).collect();
        script.say("created");
        script.hear("never");
    });
}

fn publish(topic: &str, script: &Script, lossless: bool) -> Publisher<Large> {
    let builder = Publisher::builder(topic).domain(script.domain()).placement(placement(script)).max_memory(1 << 20);
    let builder = if lossless { builder.lossless(Duration::ZERO) } else { builder };
    let mut publisher = builder.create().unwrap();
    let _ = publisher.publish(&[1; 512]); // which can be refused: other readers have just died
    publisher
}

fn subscribe(topic: &str, script: &Script, lossless: bool) -> Subscriber<Large> {
    let builder = Subscriber::builder(topic).domain(script.domain()).placement(placement(script));
    let builder = if lossless { builder.lossless() } else { builder };
    let mut subscriber = builder.create().unwrap();
    let _ = subscriber.try_recv(); // whatever it says of publishers that have just died
    subscriber
}

#[test]
fn child_publishing() {
    run(|topic, script| publish(topic, script, false));
}

#[test]
fn child_publishing_losslessly() {
    run(|topic, script| publish(topic, script, true));
}

#[test]
fn child_subscribing() {
    run(|topic, script| subscribe(topic, script, false));
}

#[test]
fn child_subscribing_losslessly() {
    run(|topic, script| subscribe(topic, script, true));
}

#[test]
fn child_with_a_descriptor() {
    run(|topic, script| {
        let mut subscriber = subscribe(topic, script, false);
        let event_fd = subscriber.event_fd().unwrap();
        while subscriber.try_recv().is_ok_and(|sample| sample.is_some()) {}
        (subscriber, event_fd)
    });
}
