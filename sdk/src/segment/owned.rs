use super::backing::Backing;
use super::{header, layout};
use crate::protocol::grant::{Books, Table};
use crate::protocol::ring::{Geometry, Writer};
use crate::registry::{MemoryEntry, Placement, TopicDirectory};
use crate::schema::SchemaHash;
use crate::{EndpointId, points};
use std::io;

/// A segment of this process: it alone can write to it.
pub(crate) struct Owned {
    backing: Backing,
    geometry: Geometry,
}

/// What a publisher's messages come with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offers {
    pub(crate) timestamps: bool,
    pub(crate) lossless: bool,
}

impl Owned {
    pub(crate) fn create(
        topic: &TopicDirectory,
        placement: Placement,
        id: EndpointId,
        hash: SchemaHash,
        geometry: Geometry,
        offers: Offers,
    ) -> io::Result<Self> {
        let bytes = 8 * (layout::RING + geometry.words());
        let backing = Backing::create(topic, id, placement, bytes, bytes)?;
        points::reach("segment.sealed");
        let words = backing.memory.words();
        let write = |index: usize, value: u64| words[index].store_relaxed(value);
        write(layout::PAYLOAD, geometry.payload() as u64);
        write(layout::CELLS, geometry.cells());
        write(layout::DEPTH, geometry.depth());
        let flag = |on: bool, flag: u64| if on { flag } else { 0 };
        let flags = flag(offers.timestamps, layout::FLAG_TIMESTAMPS) | flag(offers.lossless, layout::FLAG_LOSSLESS);
        write(layout::FLAGS, flags);
        header::write(&backing, layout::MAGIC, id, hash);
        Ok(Self { backing, geometry })
    }

    #[inline]
    pub(crate) fn writer(&self) -> Writer<'_> {
        let words = self.backing.memory.words();
        Writer::new(&words[layout::RING..], &words[layout::HEAD], self.geometry)
    }

    pub(crate) fn grants<'a>(&'a self, books: &'a mut Books) -> Table<'a> {
        let words = self.backing.memory.words();
        Table::new(&words[layout::GRANTS..layout::RING], &words[layout::GRANT_CHANGES], books)
    }

    pub(crate) fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Tells readers that the publisher is at work, though it publishes nothing. One store.
    #[inline]
    pub(crate) fn beat(&self) {
        let beat = &self.backing.memory.words()[layout::BEAT];
        // Relaxed, both: nobody else writes it, and nothing follows from it but that it changes.
        beat.store_relaxed(beat.load_relaxed().wrapping_add(1));
    }

    /// Tells readers that nothing will follow.
    pub(crate) fn close(&self) {
        self.backing.memory.words()[layout::CLOSED].store_release(1);
    }

    /// What the publisher's entry says about it.
    pub(crate) fn entry(&self) -> io::Result<MemoryEntry> {
        self.backing.entry()
    }
}
