//! Which endpoints have joined, and whether they are compatible with this side.

use super::member::{DeathWatch, Member, MemberState, Promise};
use super::{MemberEvent, Membership, MembershipError, Ours, Refusal};
use crate::endpoint::{ALIVE_EVERY, AttachError, AttachReason, Mismatch, Obstacle, Side, Verdict};
use crate::registry::{Entry, Peer, RegistryError, Role};
use crate::shm::Heartbeat;
use std::time::{Duration, Instant};

impl Membership {
    /// Handles all entries that are listed and not settled.
    ///
    /// # Errors
    /// The first one. The other entries are handled nevertheless.
    pub(super) fn scan_entries(&mut self, now: Instant) -> Result<(), MembershipError> {
        let mut result = Ok(());
        for index in 0..self.rosters.len() {
            let listing = self.rosters[index].list(&self.topic, now).map_err(|reason| self.not_read(reason))?;
            for name in listing.unsettled() {
                let verdict = self.inspect(index, name, now);
                result = result.and(self.rosters[index].record(name, verdict, now));
            }
        }
        result
    }

    fn not_read(&self, reason: RegistryError) -> MembershipError {
        MembershipError::Registry { topic: self.topic().clone(), reason }
    }

    /// Handles an entry of the roster with this index.
    fn inspect(&mut self, roster: usize, name: &str, now: Instant) -> Result<Verdict, MembershipError> {
        match self.topic.open(name).map_err(|reason| self.not_read(reason))? {
            Entry::Absent => Ok(Verdict::Pending), // dead, or removed since it was listed
            Entry::Live(peer) => self.meet(roster, name, peer, now),
            Entry::Unusable(error) => {
                let reason = AttachReason::from(error).into();
                self.events.push_back(MemberEvent::Refused { peer: None, reason });
                Ok(Verdict::Settled)
            }
        }
    }

    /// Handles a newly found endpoint.
    ///
    /// # Errors
    /// When this process is short of something. The endpoint is tried again later.
    fn meet(&mut self, roster: usize, name: &str, peer: Peer, now: Instant) -> Result<Verdict, MembershipError> {
        if let Some(member) = self.members.get_mut(name) {
            member.peer = peer; // it has announced itself again, in a new directory
            return Ok(Verdict::Settled);
        }
        let mut promise = None;
        let mut refusal = self.mismatch(&peer).map(Refusal::from);
        if refusal.is_none() {
            match self.promise(&peer) {
                Ok(made) => promise = made,
                Err(reason) => match self.rosters[roster].judge(name, &reason, now) {
                    Obstacle::MaybeExiting => return Ok(Verdict::Pending),
                    Obstacle::Transient => {
                        return Err(Box::new(AttachError::new(self.topic(), Some(peer.name), reason)).into());
                    }
                    Obstacle::Lasting => refusal = Some(reason.into()),
                },
            }
        }
        let who = peer.name.clone();
        let (state, event) = match refusal {
            None => (MemberState::Joined, MemberEvent::Joined(who)),
            Some(reason) => (MemberState::Refused, MemberEvent::Refused { peer: Some(who), reason }),
        };
        self.events.push_back(event);
        self.add_member(name, Member { peer, state, death_watch: DeathWatch::Lock, promise });
        Ok(Verdict::Settled)
    }

    fn mismatch(&self, peer: &Peer) -> Option<Box<Mismatch>> {
        let Ours { role, schema, hash } = self.ours.as_ref()?;
        if peer.has_layout(schema, *hash) {
            return None;
        }
        let ours = Side { role: *role, schema };
        Some(Mismatch::new(self.topic(), ours, Side::of(peer), Some(&peer.name)))
    }

    fn promise(&self, peer: &Peer) -> Result<Option<Promise>, AttachReason> {
        if peer.role != Role::Publisher || peer.qos.alive_every_ns == 0 {
            return Ok(None);
        }
        let memory = peer.memory.as_ref().ok_or(AttachReason::NoMemory)?;
        let heartbeat = Heartbeat::open(&self.topic, memory, peer.id, peer.hash)?;
        // The entry is not trusted: without limits it could keep this process busy.
        let every = Duration::from_nanos(peer.qos.alive_every_ns).clamp(*ALIVE_EVERY.start(), *ALIVE_EVERY.end());
        Ok(Some(Promise::new(heartbeat, every)))
    }
}
