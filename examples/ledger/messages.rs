use slotcast::{FixedVec, ShmMessage, Str, Topic, topic};

/// A line, or a part of a long one.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Entry {
    /// From 0.
    pub(crate) number: u64,
    /// With the end of the line, if it is here.
    pub(crate) text: FixedVec<u8, 96>,
}

/// What an auditor has read when the ledger is closed.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Statement {
    pub(crate) entries: u64,
    pub(crate) lost: u64,
    /// Of the text of all entries that were read.
    pub(crate) hash: u64,
    pub(crate) auditor: Str<31>,
    /// Whether the keeper has let it go, because it had not read for so long.
    pub(crate) was_let_go: bool,
}

pub(crate) const ENTRIES: Topic<Entry> = topic!("ledger/entries");
pub(crate) const STATEMENTS: Topic<Statement> = topic!("ledger/statements");
