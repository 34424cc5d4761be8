//! Who has come, and whether it goes with this side.

use super::member::{DeathWatch, Member, MemberState, Promise};
use super::{MemberEvent, Membership, MembershipError, Ours, Refusal, SOON, watch};
use crate::endpoint::{ALIVE_EVERY, AttachError, AttachReason, Mismatch};
use crate::registry::{Peer, RegistryError, Role};
use crate::shm::Heartbeat;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How long a publisher whose memory cannot be opened may be dying before it is refused: the kernel closes the descriptors
/// of a process that ends one after the other, and somebody may look in between.
const DYING: Duration = Duration::from_millis(250);

impl Membership {
    /// Meets whoever is in the directory and not yet known.
    ///
    /// # Errors
    /// The first one: others are met nevertheless.
    pub(super) fn meet_all(&mut self) -> Result<(), MembershipError> {
        let names = self.topic.names(self.role).map_err(|reason| self.not_read(reason))?;
        let mut result = Ok(());
        for name in &names {
            let is_known = self.members.get(name).is_some_and(|member| member.generation == self.generation);
            if !is_known && !self.unreadable.contains(name) {
                result = result.and(self.find(name));
            }
        }
        let listed: HashSet<String> = names.into_iter().collect();
        self.unreadable.retain(|name| listed.contains(name));
        self.maybe_exiting.retain(|name, _| listed.contains(name));
        result
    }

    fn not_read(&self, reason: RegistryError) -> MembershipError {
        MembershipError::Registry { topic: self.topic().clone(), reason }
    }

    fn find(&mut self, name: &str) -> Result<(), MembershipError> {
        match self.topic.open(name).map_err(|reason| self.not_read(reason))? {
            None => Ok(()), // dead, or gone since it was listed
            Some(Ok(peer)) => self.meet(name, peer),
            Some(Err(error)) => {
                self.unreadable.insert(name.to_owned());
                let reason = AttachReason::from(error).into();
                self.events.push_back(MemberEvent::Refused { peer: None, reason });
                Ok(())
            }
        }
    }

    /// Makes the acquaintance of an endpoint.
    ///
    /// # Errors
    /// When this process is short of something: it is met again later.
    fn meet(&mut self, name: &str, peer: Peer) -> Result<(), MembershipError> {
        let generation = self.generation;
        if let Some(member) = self.members.get_mut(name) {
            (member.peer, member.generation) = (peer, generation); // it has made itself known again
            return Ok(());
        }
        let mut promise = None;
        let mut refusal = self.mismatch(&peer).map(Refusal::from);
        if refusal.is_none() {
            match self.promise(&peer) {
                Ok(made) => promise = made,
                Err(reason) if reason.is_transient() => {
                    let error = AttachError::new(self.topic(), Some(peer.name), reason);
                    return Err(Box::new(error).into());
                }
                Err(reason) if reason.may_be_exiting() && self.is_maybe_exiting(name) => return Ok(()),
                Err(reason) => refusal = Some(reason.into()),
            }
        }
        let who = peer.name.clone();
        let (standing, process) = match refusal {
            None => {
                self.events.push_back(MemberEvent::Joined(who));
                (MemberState::Joined, watch(&mut self.processes, &self.poll, &peer))
            }
            Some(reason) => {
                self.events.push_back(MemberEvent::Refused { peer: Some(who), reason });
                (MemberState::Refused, DeathWatch::Lock)
            }
        };
        self.members.insert(name.to_owned(), Member { peer, standing, process, promise, generation });
        Ok(())
    }

    /// Whether an endpoint may still be dying that looks so. If it may, it is looked at again soon.
    fn is_maybe_exiting(&mut self, name: &str) -> bool {
        let now = Instant::now();
        let is_maybe_exiting = now.duration_since(*self.maybe_exiting.entry(name.to_owned()).or_insert(now)) < DYING;
        if is_maybe_exiting {
            self.due.scan = Some(now + SOON);
        }
        is_maybe_exiting
    }

    fn mismatch(&self, peer: &Peer) -> Option<Box<Mismatch>> {
        let Ours { role, schema, hash } = &self.ours;
        if peer.hash == *hash && peer.schema.same_layout(schema) {
            return None;
        }
        Some(Box::new(Mismatch {
            topic: self.topic().clone(),
            role: *role,
            ours: schema.clone(),
            peer_role: peer.role,
            peer: Some(peer.name.clone()),
            theirs: peer.schema.clone(),
        }))
    }

    fn promise(&self, peer: &Peer) -> Result<Option<Promise>, AttachReason> {
        if peer.role != Role::Publisher || peer.qos.alive_every_ns == 0 {
            return Ok(None);
        }
        let memory = peer.memory.as_ref().ok_or(AttachReason::NoMemory)?;
        let heartbeat = Heartbeat::open(&self.topic, memory, peer.id, peer.hash)?;
        // Whatever it says, it is not looked at all the time.
        let every = Duration::from_nanos(peer.qos.alive_every_ns).clamp(*ALIVE_EVERY.start(), *ALIVE_EVERY.end());
        Ok(Some(Promise::new(heartbeat, every)))
    }
}
