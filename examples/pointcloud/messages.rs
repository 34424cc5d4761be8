use slotcast::{ShmMessage, Topic, topic};
use xxhash_rust::xxh3::xxh3_64_with_seed;
use zerocopy::{Immutable, IntoBytes};

/// Messages are plain data, so other derives can view them as bytes, too.
#[derive(ShmMessage, IntoBytes, Immutable, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Point {
    #[shm(unit = "m")]
    pub(crate) x: f32,
    #[shm(unit = "m")]
    pub(crate) y: f32,
    #[shm(unit = "m")]
    pub(crate) z: f32,
}

/// The header of each scan.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct ScanHeader {
    /// Counts from 0.
    pub(crate) number: u64,
    /// The hash of all scans before this one.
    pub(crate) before: u64,
    /// The hash of all scans up to this one.
    pub(crate) hash: u64,
}

pub(crate) const SCANS: Topic<[Point], ScanHeader> = topic!("pointcloud/scans");

/// Returns the hash of all scans including this one.
pub(crate) fn hash_of(points: &[Point], before: u64) -> u64 {
    xxh3_64_with_seed(points.as_bytes(), before)
}
