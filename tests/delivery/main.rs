//! Which messages a subscriber receives, in which order, and how it learns of the others.

mod counts;
mod fairness;
mod history;
mod pace;
mod sizes;
mod taking;
mod times;

use slotcast::testing::TempDomain;
use slotcast::{Publisher, PublisherBuilder, Subscriber, SubscriberBuilder};

const TOPIC: &str = "delivery";

fn publisher(domain: &TempDomain) -> PublisherBuilder<u64> {
    Publisher::builder(TOPIC).domain(domain)
}

fn subscriber(domain: &TempDomain) -> SubscriberBuilder<u64> {
    Subscriber::builder(TOPIC).domain(domain)
}

fn publish(publisher: &mut Publisher<u64>, numbers: std::ops::Range<u64>) {
    for number in numbers {
        publisher.publish(&number).unwrap();
    }
}

/// Returns the numbers of all messages available now.
fn numbers(subscriber: &mut Subscriber<u64>) -> Vec<u64> {
    subscriber.try_iter().map(|sample| *sample.unwrap()).collect()
}
