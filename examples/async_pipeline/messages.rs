use slotcast::{ShmMessage, Str, Topic, topic};
use std::time::Duration;

/// A file that was found.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Found {
    /// Relative to the directory; empty after the last one.
    pub(crate) path: Str<512>,
}

/// A file that was read.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Counted {
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    /// The extension of its name, which may be empty.
    pub(crate) kind: Str<31>,
    /// Whether this is a file. If not, there are no more files.
    pub(crate) is_file: bool,
}

/// A file that was summed up.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Summed {
    /// How many files were summed up before it.
    pub(crate) number: u64,
}

pub(crate) const FOUND: Topic<Found> = topic!("async_pipeline/found");
pub(crate) const COUNTED: Topic<Counted> = topic!("async_pipeline/counted");
pub(crate) const SUMMED: Topic<Summed> = topic!("async_pipeline/summed");

/// The most files in flight: as many as a publisher keeps, so that none is overwritten.
pub(crate) const WINDOW: u64 = 64;

/// How long to wait for the next stage.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
