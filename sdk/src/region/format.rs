//! The bytes of a region's table: ZeroIPC version 2, and version 1 to be read.
//!
//! All numbers are little-endian, as on every machine on which this crate runs.

/// `ZIPM`, the first four bytes of a region.
pub(super) const MAGIC: u32 = 0x5A49_504D;
/// The version that is created here.
pub(super) const VERSION: u32 = 2;
/// The most entries that other clients accept, and the default of all of them.
pub(super) const DEFAULT_ENTRIES: u32 = 64;

/// Where the fields of the header are.
pub(super) mod at {
    pub(in crate::region) const MAGIC: usize = 0;
    pub(in crate::region) const VERSION: usize = 4;
    pub(in crate::region) const ENTRY_COUNT: usize = 8;
    pub(in crate::region) const MAX_ENTRIES: usize = 12;
    pub(in crate::region) const MEMORY_SIZE: usize = 16;
    pub(in crate::region) const NEXT_OFFSET: usize = 24;
}

/// The bytes of an entry's name.
pub(super) const NAME: usize = 32;

/// How a table is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Version 2: a header of 32 bytes and entries of 48.
    Two,
    /// Version 1 with the table of version 2, as some clients wrote it before version 2 existed.
    WideOne,
    /// Version 1 of the paper: a header of 16 bytes and entries of 40.
    One,
}

impl Layout {
    pub(super) const fn header(self) -> usize {
        match self {
            Layout::Two | Layout::WideOne => 32,
            Layout::One => 16,
        }
    }

    pub(super) const fn entry(self) -> usize {
        match self {
            Layout::Two | Layout::WideOne => 48,
            Layout::One => 40,
        }
    }

    pub(super) const fn version(self) -> u32 {
        match self {
            Layout::Two => 2,
            Layout::WideOne | Layout::One => 1,
        }
    }
}

/// Returns the bytes of a table of version 2.
pub(super) const fn table_bytes(max_entries: u32) -> u64 {
    Layout::Two.header() as u64 + max_entries as u64 * Layout::Two.entry() as u64
}

/// Returns the next multiple of 8. Returns `None` if there is none.
pub(super) const fn align8(bytes: u64) -> Option<u64> {
    match bytes.checked_add(7) {
        Some(sum) => Some(sum & !7),
        None => None,
    }
}

const _: () = assert!(table_bytes(DEFAULT_ENTRIES) == 3104);
