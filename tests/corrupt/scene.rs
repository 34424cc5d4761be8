//! A topic with a subscriber, an honest publisher, and corrupt data.

use slotcast::registry::{Registration, TopicDirectory};
use slotcast::testing::TempDomain;
use slotcast::{EndpointId, Publisher, ShmMessage, Subscriber, TopicName};
use slotcast_tests::holdings::assert_nothing_left;
use slotcast_tests::segment::{Segment, announcement};
use std::path::Path;

pub(crate) const TOPIC: &str = "corrupt";
pub(crate) type Message = [u64; 6];

/// The identity of the forged publisher.
pub(crate) const FORGED: EndpointId = EndpointId(0xf0f0);

pub(crate) struct Scene {
    pub(crate) domain: TempDomain,
    /// Keeps the directory alive.
    topic: TopicDirectory,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let domain = TempDomain::new();
        let topic = TopicDirectory::enter(&domain, &TopicName::new(TOPIC).unwrap()).unwrap();
        Self { domain, topic }
    }

    pub(crate) fn directory(&self) -> &Path {
        self.topic.path()
    }

    pub(crate) fn subscribe(&self) -> Subscriber<Message> {
        Subscriber::builder(TOPIC).domain(&self.domain).create().unwrap()
    }

    pub(crate) fn publish(&self) -> Publisher<Message> {
        Publisher::builder(TOPIC).domain(&self.domain).create().unwrap()
    }

    /// Returns why a subscriber cannot be created.
    pub(crate) fn refusal(&self) -> String {
        Subscriber::<Message>::builder(TOPIC).domain(&self.domain).create().expect_err("an error").to_string()
    }

    /// Announces a forged segment as that of a living publisher.
    pub(crate) fn announce(&self, segment: &Segment) -> Registration {
        self.topic.announce(&announcement::<Message>(FORGED, Some(segment.memory()))).unwrap()
    }

    pub(crate) fn withdraw(&self, registration: Registration) {
        self.topic.withdraw(registration);
    }

    /// Ends the scene, and asserts that nothing is left.
    #[track_caller]
    pub(crate) fn end(self) {
        drop(self.topic);
        assert_nothing_left(&self.domain);
    }
}

/// Polls a subscriber until it has nothing more to report. Returns its errors and messages.
pub(crate) fn drain<T: ShmMessage>(subscriber: &mut Subscriber<T>) -> (Vec<String>, Vec<T>) {
    let (mut errors, mut messages) = (Vec::new(), Vec::new());
    let mut quiet = 0;
    while quiet < 3 {
        match subscriber.try_recv() {
            Ok(Some(sample)) => messages.push(sample.copied()),
            Ok(None) => quiet += 1,
            Err(error) => errors.push(error.to_string()),
        }
        assert!(errors.len() < 100, "{:?}", errors.last());
    }
    (errors, messages)
}
