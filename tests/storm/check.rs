use slotcast::testing::{TempDomain, until};
use slotcast::{EndpointId, Publisher, Subscriber};
use slotcast_tests::message::Counted;
use std::collections::HashMap;

/// Lives through the storm on one topic, reads all that is published there, and publishes itself.
pub(crate) struct Checker {
    pub(crate) subscriber: Subscriber<Counted>,
    publisher: Publisher<Counted>,
    /// The next sequence of each publisher.
    next: HashMap<EndpointId, u64>,
    pub(crate) received: u64,
    lost: u64,
    topic: &'static str,
}

impl Checker {
    pub(crate) fn new(domain: &TempDomain, topic: &'static str) -> Self {
        let subscriber = Subscriber::builder(topic).domain(domain).create().unwrap();
        let publisher = Publisher::builder(topic).domain(domain).create().unwrap();
        Self { subscriber, publisher, next: HashMap::new(), received: 0, lost: 0, topic }
    }

    /// Reads what is there, and publishes one message.
    pub(crate) fn check(&mut self) {
        let own = self.next.get(&self.publisher.id()).copied().unwrap_or(0);
        self.publisher.publish(&Counted::new(own)).unwrap();
        while let Some(sample) = self.subscriber.try_recv().unwrap_or_else(|error| panic!("{error}")) {
            assert!(sample.is_whole(), "{}: {sample:?}", self.topic);
            assert_eq!(sample.number, sample.sequence(), "{}", self.topic);
            let next = self.next.entry(sample.publisher()).or_insert(0);
            assert_eq!(sample.sequence(), *next + sample.lost_before(), "{}: {sample:?}", self.topic);
            *next = sample.sequence() + 1;
            self.received += 1;
            self.lost += sample.lost_before();
        }
        assert_eq!(self.next[&self.publisher.id()], own + 1, "{}: own messages are never lost", self.topic);
    }

    pub(crate) fn publishers(&self) -> usize {
        self.next.len()
    }

    /// The storm is over: only this one is there, and all is accounted for.
    pub(crate) fn end(&mut self) {
        until("all publishers are known to be gone", || self.subscriber.publishers().unwrap().len() == 1);
        self.check();
        assert_eq!(self.publisher.subscribers().unwrap().len(), 1, "{}", self.topic);
        let all: u64 = self.next.values().sum();
        assert_eq!(self.received + self.lost, all, "{}", self.topic);
        // What was lost at the end of a publisher is counted, and told by no message.
        assert!(self.subscriber.lost() >= self.lost, "{}", self.topic);
    }
}
