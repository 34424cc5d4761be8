//! How large a pool is: what settings ask for, or enough for what the ring keeps.

use crate::protocol::ring::Geometry;
use crate::shm::{Extent, MAX_POOL, SLOT_UNIT};

/// The unit of a pool's size.
const PAGE: u64 = 4096;
/// The size of a pool by default: address space, of which as much becomes memory as messages need.
const MAX_MEMORY: u64 = 1 << 30;
/// For how many messages there is capacity by default, however large they are, besides those that
/// the ring has cells for: some loans, and what two subscribers hold by default.
const EXTRA: u64 = 20;

/// What settings say about the size of a pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolSize {
    /// In bytes.
    pub(crate) max_memory: Option<u64>,
    /// The most elements of a message of variable size.
    pub(crate) max_len: u64,
}

impl PoolSize {
    /// Returns the size of the pool in bytes.
    ///
    /// # Errors
    /// What is wrong with the settings, for people.
    pub(crate) fn bytes(self, geometry: &Geometry, extent: Extent) -> Result<usize, String> {
        let cells = geometry.cells();
        let max_memory = self.max_memory.unwrap_or_else(|| self.by_default(extent, cells));
        let least = match extent {
            // As many as are in the ring, and one that is being written.
            Extent::Fixed { bytes } => slots(bytes, cells + 1).ok_or_else(|| too_deep(geometry, bytes))?,
            Extent::Variable { .. } => PAGE,
        };
        if max_memory < least || max_memory > MAX_POOL {
            let why = format!(" (for the {cells} messages that the ring has cells for, and one more)");
            let why = if extent.is_variable() { "" } else { &why };
            return Err(format!("`max_memory` is {max_memory} bytes, and must be between {least}{why} and {MAX_POOL}"));
        }
        if let Extent::Variable { elements_at, .. } = extent
            && elements_at > max_memory
        {
            return Err(format!(
                "`max_memory` is {max_memory} bytes, and the header of each message alone takes {elements_at}"
            ));
        }
        if let Some(reason) = self.too_long(extent, max_memory.next_multiple_of(PAGE)) {
            return Err(reason);
        }
        Ok(usize::try_from(max_memory.next_multiple_of(PAGE)).expect("64 bits"))
    }

    /// Says that no message of `max_len` elements can ever fit, if that was set.
    fn too_long(self, extent: Extent, pool: u64) -> Option<String> {
        let max_len = self.max_len;
        let needed = extent.bytes_asked(max_len);
        if max_len == u64::MAX || !extent.is_variable() || needed <= pool {
            return None;
        }
        let is = if self.max_memory.is_some() { "is" } else { "is by default" };
        let advice = if needed > MAX_POOL {
            format!("lower `max_len`, since `max_memory` can be at most {MAX_POOL}")
        } else {
            "lower `max_len`, or raise `max_memory`".into()
        };
        Some(format!(
            "`max_len` is {max_len} elements, which take {needed} bytes, but `max_memory` {is} {pool} bytes: {advice}"
        ))
    }

    /// The size where `max_memory` is not set.
    fn by_default(self, extent: Extent, cells: u64) -> u64 {
        let largest = match extent {
            Extent::Fixed { bytes } => Some(bytes),
            // Slots come in sizes of which at most a fifth is empty.
            Extent::Variable { .. } => extent.bytes(self.max_len).map(|bytes| bytes + bytes / 4),
        };
        let needed = largest.and_then(|bytes| slots(bytes, cells + EXTRA).or_else(|| slots(bytes, cells + 1)));
        needed.map_or(MAX_MEMORY, |needed| needed.max(MAX_MEMORY))
    }
}

/// The size of `count` slots for messages of `message` bytes, unless that is more than the largest
/// pool.
fn slots(message: u64, count: u64) -> Option<u64> {
    let slot = message.checked_next_multiple_of(SLOT_UNIT as u64)?;
    slot.checked_mul(count).filter(|&bytes| bytes <= MAX_POOL)
}

fn too_deep(geometry: &Geometry, bytes: u64) -> String {
    let (depth, cells) = (geometry.depth(), geometry.cells());
    format!(
        "`depth` is {depth}, and {} messages of {bytes} bytes (for the {cells} that the ring then has cells \
         for, and one \
         more) are more than the largest pool, {MAX_POOL} bytes; lower `depth`, or split the message",
        cells + 1
    )
}
