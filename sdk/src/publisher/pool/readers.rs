//! The subscribers whose pins a publisher honours.

use crate::protocol::pin;
use crate::registry::{EndpointId, Peer};
use crate::shm::ControlView;
use std::sync::Arc;

/// A subscriber whose pins are scanned.
pub(crate) struct Reader {
    peer: Arc<Peer>,
    control: Arc<ControlView>,
    /// How many words of its pins are scanned.
    pins: usize,
}

/// All of them.
pub(crate) struct Readers {
    tag: u32,
    all: Vec<Reader>,
    /// The slots that their pins named in the last scan, sorted.
    held: Vec<u32>,
}

impl Reader {
    pub(crate) fn new(peer: Arc<Peer>, control: Arc<ControlView>) -> Self {
        let pins = control.pins();
        Self { peer, control, pins }
    }

    /// How many slots it can hold.
    pub(super) fn pins(&self) -> usize {
        self.pins
    }

    /// Reads its pins: which slots of this publisher it holds.
    fn held(&self, tag: u32) -> impl Iterator<Item = u32> {
        (0..self.pins).filter_map(move |index| pin::held_slot(self.control.pin(self.peer.id, index), tag))
    }
}

impl Readers {
    pub(crate) fn new(publisher: EndpointId) -> Self {
        Self { tag: publisher.pin_tag(), all: Vec::new(), held: Vec::new() }
    }

    /// Honours the pins of a subscriber from now on. Tell the subscriber after this.
    pub(super) fn add(&mut self, reader: Reader) {
        self.held.reserve(self.pins() + reader.pins); // so that no scan allocates
        self.all.push(reader);
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Returns whether a subscriber's pins are scanned.
    pub(super) fn has(&self, subscriber: EndpointId) -> bool {
        self.all.iter().any(|reader| reader.peer.id == subscriber)
    }

    /// How many slots all of them can hold.
    pub(super) fn pins(&self) -> usize {
        self.all.iter().map(|reader| reader.pins).sum()
    }

    /// Scans all pins. What was retired before this, and is not held after it, is free.
    pub(super) fn scan_pins(&mut self) {
        pin::fence_before_scan();
        self.held.clear();
        for reader in &self.all {
            self.held.extend(reader.held(self.tag));
        }
        self.held.sort_unstable();
    }

    /// Returns whether the last scan saw a pin on a slot.
    #[inline]
    pub(super) fn is_held(&self, slot: u32) -> bool {
        self.held.binary_search(&slot).is_ok()
    }

    /// Forgets subscribers that are dead, with all that they held. Returns whether there were any.
    /// A system call for each.
    pub(super) fn forget_the_dead(&mut self) -> bool {
        let before = self.all.len();
        // Dead only once the kernel has freed its lock: one whose lock cannot be tested is
        // honoured, and one that is exiting may still read.
        self.all.retain(|reader| reader.peer.is_alive().unwrap_or(true));
        self.all.len() != before
    }

    /// Returns which subscribers hold any of these slots, and how many of them.
    pub(super) fn holders(&self, slots: &[u32]) -> Vec<(&Peer, u64)> {
        let count = |reader: &Reader| reader.held(self.tag).filter(|slot| slots.contains(slot)).count() as u64;
        let holders = self.all.iter().map(|reader| (&*reader.peer, count(reader)));
        holders.filter(|holder| holder.1 != 0).collect()
    }
}
