//! The peers beside which processes are killed.

use crate::TOPIC;
use crate::children::Large;
use slotcast::testing::TempDomain;
use slotcast::{Membership, Observer, Publisher, Subscriber};
use std::time::Duration;

/// A living peer.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub(crate) enum Peer {
    Nobody,
    Publisher(Publisher<Large>),
    Subscriber(Subscriber<Large>),
    Idle(#[expect(dead_code, reason = "it only has to live")] Subscriber<Large>),
    Membership(#[expect(dead_code, reason = "it only has to live")] Publisher<Large>, Membership),
    Observer(Observer),
}

type Create = fn(&TempDomain) -> Peer;

/// What each is called, and how it is created.
pub(crate) const PEERS: &[(&str, Create)] = &[
    ("nobody", |_| Peer::Nobody),
    ("a lossy publisher", |domain| Peer::Publisher(Publisher::builder(TOPIC).domain(domain).create().unwrap())),
    ("a lossless publisher", |domain| {
        let builder = Publisher::builder(TOPIC).domain(domain).lossless(Duration::ZERO);
        Peer::Publisher(builder.create().unwrap())
    }),
    ("a subscriber", |domain| Peer::Subscriber(Subscriber::builder(TOPIC).domain(domain).create().unwrap())),
    ("a lossless subscriber", |domain| {
        Peer::Subscriber(Subscriber::builder(TOPIC).domain(domain).lossless().create().unwrap())
    }),
    ("an idle subscriber", |domain| Peer::Idle(Subscriber::builder(TOPIC).domain(domain).create().unwrap())),
    ("a membership", |domain| {
        let publisher = Publisher::builder(TOPIC).domain(domain).create().unwrap();
        let membership = publisher.membership().unwrap();
        Peer::Membership(publisher, membership)
    }),
    ("an observer", |domain| Peer::Observer(Observer::new(domain))),
];

impl Peer {
    /// Does what such a peer does all the time.
    pub(crate) fn use_once(&mut self) {
        match self {
            Self::Nobody | Self::Idle(_) => {}
            Self::Publisher(publisher) => {
                let _ = publisher.publish(&[2; 512]); // a lossless one can be held up by readers that have just died
            }
            Self::Subscriber(subscriber) => while !matches!(subscriber.try_recv(), Ok(None)) {},
            Self::Membership(_, membership) => while membership.try_next().unwrap().is_some() {},
            Self::Observer(observer) => drop(observer.topics().unwrap()),
        }
    }
}
