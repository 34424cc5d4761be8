//! The shape of a ring: cells, depth, payload, and the words that they take.

/// 64-bit words in a cache line.
const LINE: usize = 8;
/// Words of a cell before its payload: stamp and time.
pub(super) const PAYLOAD: usize = 2;

/// The shape of a ring. It is always consistent: every cell lies inside [`words`](Geometry::words).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    cells: u64,
    depth: u64,
    payload: usize,
    stride: usize,
}

/// Why a ring of this shape is impossible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GeometryError {
    /// The depth is zero or too large.
    #[error("`depth` is {depth}, and must be between 1 and {max} messages", max = Geometry::MAX_DEPTH)]
    Depth {
        /// The depth that was requested or found.
        depth: u64,
    },
    /// The number of cells does not fit the depth.
    #[error("a ring of depth {depth} needs a power of two of cells, more than its depth; found {cells}")]
    Cells {
        /// The number of cells that was found.
        cells: u64,
        /// The depth that was found beside it.
        depth: u64,
    },
    /// The message size is zero or too large.
    #[error(
        "messages of {payload} bytes do not fit a ring: they must have between 1 and {max} bytes",
        max = Geometry::MAX_PAYLOAD
    )]
    Payload {
        /// The size in bytes.
        payload: u64,
    },
    /// The ring would not fit in the address space set aside for it.
    #[error("{cells} cells of {payload} bytes exceed the largest ring, {max} bytes", max = Geometry::MAX_BYTES)]
    Bytes {
        /// The number of cells.
        cells: u64,
        /// The size of a message in bytes.
        payload: u64,
    },
}

impl Geometry {
    pub(crate) const MAX_DEPTH: u64 = 1 << 24;
    pub(crate) const MAX_PAYLOAD: u64 = 1 << 30;
    pub(crate) const MAX_BYTES: u64 = 1 << 36;

    /// Returns the shape of a ring that keeps `depth` messages of `payload` bytes readable.
    ///
    /// It has at least a quarter more cells than that. So a reader that resumes at the oldest
    /// promised message is not overtaken again at once.
    pub(crate) fn new(depth: u64, payload: u64) -> Result<Self, GeometryError> {
        if depth == 0 || depth > Self::MAX_DEPTH {
            return Err(GeometryError::Depth { depth });
        }
        Self::checked((depth + headroom(depth)).next_power_of_two(), depth, payload)
    }

    /// Returns the shape that a header claims, after checking it by the same rules.
    pub(crate) fn checked(cells: u64, depth: u64, payload: u64) -> Result<Self, GeometryError> {
        if depth == 0 || depth > Self::MAX_DEPTH {
            return Err(GeometryError::Depth { depth });
        }
        if payload == 0 || payload > Self::MAX_PAYLOAD {
            return Err(GeometryError::Payload { payload });
        }
        if !cells.is_power_of_two() || cells <= depth || cells > 4 * Self::MAX_DEPTH {
            return Err(GeometryError::Cells { cells, depth });
        }
        let too_large = || GeometryError::Bytes { cells, payload };
        let payload = usize::try_from(payload).map_err(|_| too_large())?;
        let stride = (PAYLOAD + payload.div_ceil(8)).next_multiple_of(LINE);
        if cells.checked_mul(stride as u64 * 8).is_none_or(|bytes| bytes > Self::MAX_BYTES) {
            return Err(too_large());
        }
        Ok(Self { cells, depth, payload, stride })
    }

    /// Returns the number of physical cells: a power of two, more than the depth.
    #[inline]
    pub(crate) fn cells(&self) -> u64 {
        self.cells
    }

    /// Returns how many messages stay readable.
    #[inline]
    pub(crate) fn depth(&self) -> u64 {
        self.depth
    }

    /// Returns how many messages beyond the depth have to stay, so that a reader that resumes at
    /// the oldest promised one is not overtaken again at once.
    pub(crate) fn headroom(&self) -> u64 {
        headroom(self.depth)
    }

    /// Returns the size of a message in bytes.
    pub(crate) fn payload(&self) -> usize {
        self.payload
    }

    /// Returns the size of all cells, in words.
    #[expect(clippy::cast_possible_truncation, reason = "at most MAX_BYTES, and usize has 64 bits")]
    pub(crate) fn words(&self) -> usize {
        self.cells as usize * self.stride
    }

    /// Returns the words of the cell of `sequence`: stamp, time and payload, without the padding up
    /// to the next cache line. `payload` is the size of a message, passed because callers often
    /// know it at compile time.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "less than the number of cells")]
    pub(super) fn cell<'a, W>(&self, cells: &'a [W], sequence: u64, payload: usize) -> &'a [W] {
        debug_assert_eq!(payload, self.payload);
        let first = (sequence & (self.cells - 1)) as usize * self.stride;
        // In two steps, so that the compiler knows the length of the result.
        &cells[first..][..PAYLOAD + payload.div_ceil(8)]
    }
}

const fn headroom(depth: u64) -> u64 {
    if depth < 4 { 1 } else { depth / 4 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_eight_bytes_fill_one_cache_line() {
        assert_eq!(Geometry::new(64, 48).unwrap().stride, 8);
        assert_eq!(Geometry::new(64, 49).unwrap().stride, 16);
        assert_eq!(Geometry::new(64, 1).unwrap().stride, 8);
    }

    #[test]
    fn cells_leave_headroom() {
        for (depth, cells) in [(1, 2), (2, 4), (3, 4), (4, 8), (12, 16), (13, 16), (14, 32), (64, 128), (1000, 2048)] {
            assert_eq!(Geometry::new(depth, 8).unwrap().cells(), cells, "depth {depth}");
        }
    }

    #[test]
    fn the_last_cell_ends_inside() {
        for payload in [1, 7, 8, 48, 49, 1000] {
            let geometry = Geometry::new(5, payload).unwrap();
            let words: Vec<usize> = (0..geometry.words()).collect();
            let last = geometry.cell(&words, geometry.cells() - 1, geometry.payload());
            assert!(last[last.len() - 1] + LINE >= geometry.words());
        }
    }

    #[test]
    fn impossible_shapes_are_refused() {
        let refused = |cells, depth, payload| Geometry::checked(cells, depth, payload).unwrap_err().to_string();
        assert_eq!(refused(128, 0, 8), "`depth` is 0, and must be between 1 and 16777216 messages");
        assert_eq!(
            refused(64, 64, 8),
            "a ring of depth 64 needs a power of two of cells, more than its depth; found 64"
        );
        assert_eq!(
            refused(96, 64, 8),
            "a ring of depth 64 needs a power of two of cells, more than its depth; found 96"
        );
        assert_eq!(
            refused(128, 64, 0),
            "messages of 0 bytes do not fit a ring: they must have between 1 and 1073741824 bytes"
        );
        assert!(refused(1 << 25, 1 << 24, 1 << 30).contains("exceed the largest ring, 68719476736 bytes"));
        assert!(refused(u64::MAX, 64, u64::MAX).starts_with("messages of 18446744073709551615 bytes"));
    }
}
