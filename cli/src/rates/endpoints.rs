//! The endpoints of a topic, as they are now.

use super::subscriber::Reading;
use super::{ReaderLag, WatchedTopic};
use slotcast::ProcessState;
use slotcast::registry::{Peer, PeerName};
use std::mem;

/// An endpoint as it is now.
#[derive(Clone, Debug)]
pub(crate) struct EndpointSummary {
    /// What it is called.
    pub(crate) name: PeerName,
    /// What its process does; `None` if it has just ended.
    pub(crate) state: Option<ProcessState>,
    /// What its memory takes up, in bytes, if that could be asked.
    pub(crate) memory: Option<u64>,
    /// Publisher: published in total. Subscriber: received in total.
    pub(crate) messages: u64,
    /// Subscriber: lost in total.
    pub(crate) lost: u64,
    /// Subscriber: messages that it has not read, of the publisher of which it has read least.
    pub(crate) unread: u64,
    /// Subscriber: large messages that it holds in place.
    pub(crate) held: usize,
}

impl WatchedTopic {
    /// Returns its endpoints, publishers first. Some system calls for each.
    pub(crate) fn endpoints(&self) -> Vec<EndpointSummary> {
        let memory = |peer: &Peer| Some(self.observed.as_ref()?.memory(peer).ok()?.allocated);
        let publishers = self.publishers.iter().map(|meter| EndpointSummary {
            name: meter.observed.peer().name.clone(),
            state: meter.observed.state(),
            memory: memory(meter.observed.peer()),
            messages: meter.observed.published(),
            lost: 0,
            unread: 0,
            held: 0,
        });
        let subscribers = self.subscribers.iter().map(|meter| EndpointSummary {
            name: meter.observed.peer().name.clone(),
            state: meter.observed.state(),
            memory: memory(meter.observed.peer()),
            messages: meter.observed.received(),
            lost: meter.observed.lost(),
            unread: meter.unread(&self.publishers),
            held: meter.observed.held(),
        });
        publishers.chain(subscribers).collect()
    }

    /// Returns how far each subscriber is behind each publisher that it reads, and begins a new
    /// period of what polls have seen. Only [`Detail::Reading`] finds that out.
    pub(crate) fn take_lags(&mut self) -> Vec<ReaderLag> {
        let mut lags = Vec::new();
        for subscriber in &mut self.subscribers {
            for publisher in &self.publishers {
                let Some(reading) = subscriber.readings.get_mut(&publisher.id()) else { continue };
                let Reading { unread, lost, age, .. } = *reading;
                lags.push(ReaderLag {
                    subscriber: subscriber.observed.peer().name.clone(),
                    publisher: publisher.observed.peer().name.clone(),
                    depth: publisher.observed.depth(),
                    unread,
                    unread_at_polls: mem::take(&mut reading.unread_at_polls).quantiles(),
                    lost,
                    age,
                    delay: mem::take(&mut reading.delays).quantiles(),
                });
            }
        }
        lags
    }
}
