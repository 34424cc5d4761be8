//! Looking at messages that their publishers show while they write them.

use super::core::SubscriberCore;
use super::failure::ReadFailure;
use super::sources::Sources;
use super::watched::{PartialFetch, PartialView};
use crate::registry::{EndpointId, TopicAccess};
use crate::shm::Descriptor;

impl<P: TopicAccess> Sources<P> {
    /// A message that a publisher shows now, if one does whose last one was looked at already.
    fn watch(&mut self) -> Result<Option<(EndpointId, PartialView)>, Box<ReadFailure>> {
        self.attend_if_needed()?;
        for _ in 0..self.attached.len() {
            let turn = if self.shown_turn < self.attached.len() { self.shown_turn } else { 0 };
            self.shown_turn = turn + 1;
            let (Some(source), Some(reading)) = (self.attached.get_mut(turn), &mut self.reading) else { break };
            let Some((number, place)) = source.segment.shown().look() else { continue };
            if number + 1 == source.shown_seen || source.over {
                continue;
            }
            source.notice_grants(reading);
            if !source.is_honoured {
                continue; // perhaps it will be
            }
            match reading.watch(&source.segment, source.peer.id, (number, Descriptor::decode(&place))) {
                PartialFetch::Held(watched) => {
                    source.shown_seen = number + 1;
                    return Ok(Some((source.peer.id, watched)));
                }
                PartialFetch::Ended | PartialFetch::NoPin => {}
                PartialFetch::Wrong(descriptor) => {
                    let publisher = self.detach(turn).peer.name;
                    return Err(Box::new(ReadFailure::WronglyShown { publisher, descriptor }));
                }
            }
        }
        Ok(None)
    }

    /// Whether a publisher that is read from lives. A system call.
    fn is_alive(&self, publisher: EndpointId) -> bool {
        let found = self.attached.iter().find(|source| source.peer.id == publisher);
        found.is_some_and(|source| !source.is_over())
    }
}

impl SubscriberCore {
    /// A message that a publisher shows now, if one does whose last one was looked at already.
    pub(crate) fn watch(&mut self) -> Result<Option<(EndpointId, PartialView)>, Box<ReadFailure>> {
        if self.is_forked_copy() {
            return Err(ReadFailure::forked());
        }
        self.sources.watch()
    }

    /// Whether a publisher that is read from lives. A system call.
    pub(crate) fn is_alive(&self, publisher: EndpointId) -> bool {
        self.sources.is_alive(publisher)
    }
}
