/// 64-bit words in a cache line.
const LINE: usize = 8;
/// Words of a cell before its payload: stamp and time.
pub(super) const PAYLOAD: usize = 2;

/// The shape of a ring. Once made it is consistent: every cell lies inside [`words`](Geometry::words).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    cells: u64,
    depth: u64,
    payload: usize,
    stride: usize,
}

/// Why there is no such ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GeometryError {
    /// The depth is zero or too large.
    #[error("a ring keeps between 1 and {max} messages, not {depth}", max = Geometry::MAX_DEPTH)]
    Depth {
        /// What was asked for.
        depth: u64,
    },
    /// The number of cells does not go with the depth.
    #[error("a ring of depth {depth} has a power of two of cells, more than its depth, not {cells}")]
    Cells {
        /// What was found.
        cells: u64,
        /// The depth that was found beside it.
        depth: u64,
    },
    /// A message is too large.
    #[error("a message in a ring has between 1 and {max} bytes, not {payload}", max = Geometry::MAX_PAYLOAD)]
    Payload {
        /// Its size in bytes.
        payload: u64,
    },
    /// The ring would not fit in the address space that is set aside for one.
    #[error("{cells} cells of {payload} bytes are more than the {max} bytes of the largest ring", max = Geometry::MAX_BYTES)]
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

    /// A ring that keeps `depth` messages of `payload` bytes readable.
    ///
    /// It has at least a quarter more cells than that, so that a reader which resumes at the oldest promised
    /// message is not at once overtaken again.
    pub(crate) fn new(depth: u64, payload: u64) -> Result<Self, GeometryError> {
        if depth == 0 || depth > Self::MAX_DEPTH {
            return Err(GeometryError::Depth { depth });
        }
        let headroom = (depth / 4).max(1);
        Self::checked((depth + headroom).next_power_of_two(), depth, payload)
    }

    /// The geometry that a header claims; the same rules, whoever wrote it.
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

    /// Physical cells: a power of two, more than the depth.
    #[inline]
    pub(crate) fn cells(&self) -> u64 {
        self.cells
    }

    /// Messages that stay readable.
    #[inline]
    pub(crate) fn depth(&self) -> u64 {
        self.depth
    }

    /// The size of a message in bytes.
    pub(crate) fn payload(&self) -> usize {
        self.payload
    }

    /// The size of the cells, in words.
    #[expect(clippy::cast_possible_truncation, reason = "at most MAX_BYTES, and usize has 64 bits")]
    pub(crate) fn words(&self) -> usize {
        self.cells as usize * self.stride
    }

    /// The words of the cell in which `sequence` lives: stamp, time, then the payload's, without the filling
    /// up to the next cache line. The payload's size is passed where the caller knows it at compile time.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "less than the number of cells")]
    pub(super) fn cell<'a, W>(&self, cells: &'a [W], sequence: u64, payload: usize) -> &'a [W] {
        debug_assert_eq!(payload, self.payload);
        let first = (sequence & (self.cells - 1)) as usize * self.stride;
        // In two steps, so that the compiler knows how many they are.
        &cells[first..][..PAYLOAD + payload.div_ceil(8)]
    }
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
    fn what_cannot_be_is_refused() {
        let refused = |cells, depth, payload| Geometry::checked(cells, depth, payload).unwrap_err().to_string();
        assert_eq!(refused(128, 0, 8), "a ring keeps between 1 and 16777216 messages, not 0");
        assert_eq!(refused(64, 64, 8), "a ring of depth 64 has a power of two of cells, more than its depth, not 64");
        assert_eq!(refused(96, 64, 8), "a ring of depth 64 has a power of two of cells, more than its depth, not 96");
        assert_eq!(refused(128, 64, 0), "a message in a ring has between 1 and 1073741824 bytes, not 0");
        assert!(refused(1 << 25, 1 << 24, 1 << 30).contains("more than the 68719476736 bytes"));
        assert!(refused(u64::MAX, 64, u64::MAX).starts_with("a message in a ring"));
    }
}
