//! Publishing messages that are in the pool.

use super::core::{NotPublished, PublisherCore};
use crate::protocol::ring::Geometry;
use crate::publisher::pool::{NoSlot, PartialWriter};
use crate::record::{Lent, RawLoan};
use crate::registry::Pages;
use crate::schema::Schema;
use crate::shm::{Extent, MAX_POOL, SLOT_UNIT};

/// The unit of a pool's size.
const PAGE: u64 = 4096;
/// The size of a pool by default: address space, of which as much becomes memory as messages need.
const MAX_MEMORY: u64 = 1 << 30;
/// For how many messages there is room by default, however large they are, besides those that the ring has places for: some
/// loans, and what two subscribers hold by default.
const ROOM: u64 = 20;

/// Why no slot was lent.
#[derive(Debug)]
pub(crate) enum NotLent {
    Forked,
    /// More elements than were to be.
    TooLong {
        max: u64,
    },
    Pool(NoSlot),
}

/// Why a message is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPartial {
    Forked,
    /// Another one is.
    Another,
}

/// The size of so many slots, unless that is more than the largest pool.
fn slots(message: u64, count: u64) -> Option<u64> {
    let slot = message.checked_next_multiple_of(SLOT_UNIT as u64)?;
    slot.checked_mul(count).filter(|&bytes| bytes <= MAX_POOL)
}

/// The size of the pool without more said, for messages of at most so many elements if they are of variable size.
fn default_pool(extent: Extent, max_len: u64, cells: u64) -> u64 {
    let largest = match extent {
        Extent::Fixed { bytes } => Some(bytes),
        // Slots come in sizes of which at most a fifth is empty.
        Extent::Variable { .. } => extent.bytes(max_len).map(|bytes| bytes + bytes / 4),
    };
    let needed = largest.and_then(|bytes| slots(bytes, cells + ROOM).or_else(|| slots(bytes, cells + 1)));
    needed.map_or(MAX_MEMORY, |needed| needed.max(MAX_MEMORY))
}

/// The size of the pool for messages of this layout. The error is for people.
pub(super) fn pool_bytes(
    (max_memory, max_len): (Option<u64>, u64),
    geometry: &Geometry,
    schema: &Schema,
) -> Result<usize, String> {
    let (extent, cells) = (Extent::of(schema), geometry.cells());
    let max_memory = max_memory.unwrap_or_else(|| default_pool(extent, max_len, cells));
    let least = match extent {
        // As many as are in the ring, and one that is being written.
        Extent::Fixed { bytes } => slots(bytes, cells + 1).ok_or_else(|| {
            format!(
                "`depth` is {}, and {} messages of {bytes} bytes (for the {cells} that the ring then has places for, and one \
                 more) are more than the largest pool, {MAX_POOL} bytes; lower `depth`, or split the message",
                geometry.depth(),
                cells + 1
            )
        })?,
        Extent::Variable { .. } => PAGE,
    };
    if max_memory < least || max_memory > MAX_POOL {
        let why = format!(" (for the {cells} messages that the ring has places for, and one more)");
        let why = if extent.is_variable() { "" } else { &why };
        return Err(format!("`max_memory` is {max_memory} bytes, and must be between {least}{why} and {MAX_POOL}"));
    }
    if let Extent::Variable { elements_at, .. } = extent
        && elements_at > max_memory
    {
        return Err(format!(
            "`max_memory` is {max_memory} bytes, and what stands before the elements of each message has {elements_at} already"
        ));
    }
    Ok(usize::try_from(max_memory.next_multiple_of(PAGE)).expect("64 bits"))
}

impl PublisherCore {
    /// Lends a slot for a message of so many elements: of 1, if messages are of fixed size.
    #[inline]
    pub(crate) fn lend(&mut self, count: u64) -> Result<RawLoan, NotLent> {
        if self.is_forked_copy() {
            return Err(NotLent::Forked);
        }
        if count > self.max_len {
            return Err(NotLent::TooLong { max: self.max_len });
        }
        let pool = self.pool.as_mut().expect("messages of this layout are in a pool");
        pool.lend(count).map_err(NotLent::Pool)
    }

    /// Publishes a slot of this core, as a message of so many elements; never waits unless it may.
    #[inline]
    pub(crate) fn publish_slot<L: Lent>(
        &mut self,
        loan: L,
        count: u64,
        may_wait: bool,
    ) -> Result<u64, (NotPublished, L)> {
        let place = loan.raw().slot().and_then(|slot| Some((slot, self.pool.as_ref()?.descriptor(slot, count)?)));
        let (slot, descriptor) = place.expect("it was lent by this core");
        match self.store(&descriptor.encode(), may_wait) {
            Ok(sequence) => {
                if let Some(pool) = &mut self.pool {
                    pool.published(slot, sequence);
                }
                loan.into_raw().spend();
                Ok(sequence)
            }
            Err(reason) => Err((reason, loan)),
        }
    }

    /// Shows a slot of this core while it is written, as a message of so many elements.
    pub(crate) fn publish_partial(&mut self, loan: &RawLoan, count: u64) -> Result<PartialWriter, NotPartial> {
        if self.is_forked_copy() {
            return Err(NotPartial::Forked);
        }
        self.find_capacity(); // who came since the last message is to be able to pin this one
        let pool = self.pool.as_mut().expect("messages of this layout are in a pool");
        let place = loan.slot().and_then(|slot| Some((slot, pool.descriptor(slot, count)?)));
        let (slot, descriptor) = place.expect("it was lent by this core");
        let showing = PartialWriter::begin(&self.segment, descriptor).ok_or(NotPartial::Another)?;
        pool.publish_partial(slot);
        Ok(showing)
    }

    /// The kind of pages of its memory.
    pub(crate) fn pages(&self) -> Pages {
        self.segment.pages()
    }

    /// Bytes of the pool that are in memory; 0 without one.
    pub(crate) fn pool_memory(&self) -> u64 {
        self.pool.as_ref().map_or(0, crate::publisher::pool::Pool::memory)
    }
}
