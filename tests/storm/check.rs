use slotcast::testing::{TempDomain, until};
use slotcast::{EndpointId, Publisher, RecvError, Sample, Subscriber};
use slotcast_tests::message::Counted;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Lives through the storm on one topic: reads everything published there, and publishes too.
pub(crate) struct Checker {
    pub(crate) subscriber: Subscriber<Counted>,
    publisher: Publisher<Counted>,
    /// The next sequence of each publisher.
    next: HashMap<EndpointId, u64>,
    pub(crate) received: u64,
    lost: u64,
    /// Whether it requests lossless delivery, and offers it.
    lossless: bool,
    /// Publishers that do not offer it.
    lossy: HashSet<EndpointId>,
    topic: &'static str,
}

impl Checker {
    pub(crate) fn new(domain: &TempDomain, topic: &'static str, lossless: bool) -> Self {
        let (subscriber, publisher) =
            (Subscriber::builder(topic).domain(domain), Publisher::builder(topic).domain(domain));
        let (subscriber, publisher) = if lossless {
            (subscriber.lossless(), publisher.lossless(Duration::from_secs(60)))
        } else {
            (subscriber, publisher)
        };
        let (subscriber, publisher) = (subscriber.create().unwrap(), publisher.create().unwrap());
        let (next, lossy) = (HashMap::new(), HashSet::new());
        Self { subscriber, publisher, next, received: 0, lost: 0, lossless, lossy, topic }
    }

    /// Reads everything available, and publishes one message.
    pub(crate) fn check(&mut self) {
        let own = self.next.get(&self.publisher.id()).copied().unwrap_or(0);
        self.publisher.publish(&Counted::new(own)).unwrap();
        while let Some(sample) = self.receive() {
            if self.lossless && !self.lossy.contains(&sample.publisher()) {
                assert_eq!(sample.lost_before(), 0, "{}: {sample:?}", self.topic);
            }
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

    fn receive(&mut self) -> Option<Sample<Counted>> {
        loop {
            match self.subscriber.try_recv() {
                Ok(sample) => return sample,
                Err(RecvError::NotLossless { publisher, .. }) if self.lossless => {
                    self.lossy.insert(publisher.id);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub(crate) fn publishers(&self) -> usize {
        self.next.len()
    }

    /// After the storm: only this checker is left, and every message is accounted for.
    pub(crate) fn end(&mut self) {
        until("all publishers are known to be gone", || {
            self.subscriber.publishers().is_ok_and(|publishers| publishers.len() == 1)
        });
        self.check();
        assert_eq!(self.publisher.subscribers().unwrap().len(), 1, "{}", self.topic);
        let all: u64 = self.next.values().sum();
        assert_eq!(self.received + self.lost, all, "{}", self.topic);
        // What was lost at the end of a publisher is counted, but no later message reports it.
        assert!(self.subscriber.lost() >= self.lost, "{}", self.topic);
    }
}
