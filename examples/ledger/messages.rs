use slotcast::{FixedVec, ShmMessage, Str, Topic, topic};

/// A line, or a part of a long one.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Entry {
    /// Counts from 0.
    pub(crate) number: u64,
    /// Includes the end of the line, if it is in this entry.
    pub(crate) text: FixedVec<u8, 96>,
}

/// What an auditor has read when the ledger is closed.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Statement {
    pub(crate) entries: u64,
    pub(crate) lost: u64,
    /// The hash of all entries that were read.
    pub(crate) hash: u64,
    pub(crate) auditor: Str<31>,
    /// Whether the keeper has detached the auditor because it did not read in time.
    pub(crate) was_detached: bool,
}

pub(crate) const ENTRIES: Topic<Entry> = topic!("ledger/entries");
pub(crate) const STATEMENTS: Topic<Statement> = topic!("ledger/statements");
