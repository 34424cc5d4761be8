//! # Safety
//!
//! Lossless delivery: nothing is lost from the grant on, nobody waits longer than its timeout, and
//! an endpoint that dies, stops or lies blocks nobody for long. Files opt into unsafe code to fork.

mod close;
mod corrupt;
mod crowded;
mod dead;
mod full;
mod laggards;
mod refused;
mod removed;
mod returns;
mod stream;
mod taking;

use slotcast::{Domain, Publisher, PublisherBuilder, Subscriber, SubscriberBuilder};
use std::time::Duration;

const TOPIC: &str = "lossless";
/// Long enough for anything that takes moments.
const LONG: Duration = Duration::from_secs(30);

fn publisher(domain: &Domain) -> PublisherBuilder<u64> {
    Publisher::builder(TOPIC).domain(domain).lossless(LONG)
}

fn subscriber(domain: &Domain) -> SubscriberBuilder<u64> {
    Subscriber::builder(TOPIC).domain(domain).lossless()
}

/// Returns the numbers of all messages available now.
fn numbers(subscriber: &mut Subscriber<u64>) -> Vec<u64> {
    subscriber.try_iter().map(|sample| *sample.unwrap()).collect()
}
