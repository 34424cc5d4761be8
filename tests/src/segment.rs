//! # Safety
//!
//! Forged segments, valid and invalid, with a mapping through which tests change them while they
//! are read. The file opts into unsafe code for that mapping. It upholds that the words are only
//! accessed by atomic operations, within bounds, while the mapping exists.

use slotcast::registry::{Announcement, Handle, Memory, MemoryEntry, Qos, Role};
use slotcast::schema::SchemaHash;
use slotcast::{EndpointId, ShmMessage};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words of a segment, by index.
pub mod word {
    /// `slotrng`, and a version.
    pub const MAGIC: usize = 0;
    /// Its size in bytes.
    pub const BYTES: usize = 1;
    /// A random number.
    pub const NONCE: usize = 2;
    /// The publisher's identity, in this word and the next.
    pub const ID: usize = 3;
    /// The schema's hash, in this word and the next.
    pub const HASH: usize = 5;
    /// The size of a message.
    pub const PAYLOAD: usize = 7;
    /// The number of cells.
    pub const CELLS: usize = 8;
    /// The number of messages that stay readable.
    pub const DEPTH: usize = 9;
    /// What kind of messages it has: see [`flag`](super::flag).
    pub const FLAGS: usize = 10;
    /// The offset of the pool in bytes.
    pub const POOL: usize = 11;
    /// The size of the pool in bytes.
    pub const POOL_BYTES: usize = 12;
    /// The next sequence.
    pub const HEAD: usize = 16;
    /// Nonzero once the publisher has closed.
    pub const CLOSED: usize = 24;
    /// A counter of changes to the grants.
    pub const GRANT_CHANGES: usize = 32;
    /// The grants, of four words each.
    pub const GRANTS: usize = 64;
    /// The first word of the ring.
    pub const RING: usize = 512;
}

/// The seals that a segment needs: against shrinking, growing, new writers, and further seals.
pub const SEALS: i32 = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_FUTURE_WRITE | libc::F_SEAL_SEAL;

/// A bit in the start of a grant: pins are honoured.
pub const PINS: u64 = 1 << 63;
/// In place of the line of a grant: none yet.
pub const NO_LINE: u64 = 0;
/// In place of the line of a grant: the subscriber was detached.
pub const DETACHED: u64 = u64::MAX;
/// In place of the line of a grant: the subscriber is refused.
pub const REFUSED: u64 = u64::MAX - 1;

/// The number of words of a cell for messages of up to 48 bytes.
pub const STRIDE: usize = 8;

/// Kinds of messages, as bits of `FLAGS`.
pub mod flag {
    /// They are in a pool.
    pub const POOL: u64 = 2;
    /// Their size varies.
    pub const VARIABLE: u64 = 4;
    /// The publisher waits for subscribers that request it.
    pub const LOSSLESS: u64 = 8;
}

/// The shape of a segment with a pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolShape {
    /// The number of cells of its ring.
    pub cells: u64,
    /// The number of messages that stay readable.
    pub depth: u64,
    /// The size of its pool.
    pub pool_bytes: usize,
    /// The kind of its messages: see [`flag`].
    pub flags: u64,
    /// The seals of its memory.
    pub seals: i32,
}

impl PoolShape {
    /// 16 cells, and a pool of 1 MiB for messages of fixed size.
    pub const SMALL: Self = Self { cells: 16, depth: 8, pool_bytes: 1 << 20, flags: flag::POOL, seals: SEALS };
}

/// Memory that is a publisher's segment, more or less.
#[derive(Debug)]
pub struct Segment {
    /// The memfd.
    pub file: File,
    words: usize,
    start: *mut libc::c_void,
}

// SAFETY: it holds a file, and the address of a mapping that belongs to the whole process.
unsafe impl Send for Segment {}
// SAFETY: through a shared reference only atomic words can be reached.
unsafe impl Sync for Segment {}

impl Segment {
    /// Creates zeroed memory of `bytes`, mapped for writing before `seals` are added.
    ///
    /// # Panics
    /// If the kernel refuses.
    pub fn new(bytes: usize, seals: i32) -> Self {
        // SAFETY: the name is a string that ends with 0.
        let number = unsafe { libc::memfd_create(c"forged".as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING) };
        assert!(number >= 0, "{}", io::Error::last_os_error());
        // SAFETY: the descriptor is new, and nothing else owns it.
        let file = unsafe { File::from_raw_fd(number) };
        file.set_len(bytes as u64).expect("memory");
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the kernel chooses the address.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes.max(1), access, libc::MAP_SHARED, number, 0) };
        assert!(start != libc::MAP_FAILED, "{}", io::Error::last_os_error());
        // SAFETY: the call takes only numbers.
        let result = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) };
        assert_eq!(result, 0, "{}", io::Error::last_os_error());
        Self { file, words: bytes / 8, start }
    }

    /// Creates the segment of a publisher of `T`, of at most 48 bytes, that has published nothing.
    pub fn of<T: ShmMessage>(id: EndpointId, cells: u64, depth: u64) -> Self {
        let words = word::RING + usize::try_from(cells).expect("few cells") * STRIDE;
        let segment = Self::new(8 * words, SEALS);
        segment.set(word::MAGIC, u64::from_le_bytes(*b"slotrng\x02"));
        segment.set(word::BYTES, 8 * words as u64);
        segment.set(word::NONCE, NONCE);
        segment.set_whole(word::ID, id.0);
        segment.set_whole(word::HASH, T::HASH.0);
        segment.set(word::PAYLOAD, size_of::<T>() as u64);
        segment.set(word::CELLS, cells);
        segment.set(word::DEPTH, depth);
        segment
    }

    /// Creates the segment of a publisher of large `T` that has published nothing.
    pub fn pooled<T: ShmMessage>(id: EndpointId, cells: u64, depth: u64, pool_bytes: usize) -> Self {
        Self::with_pool(id, T::HASH, PoolShape { cells, depth, pool_bytes, ..PoolShape::SMALL })
    }

    /// Creates the segment of a publisher that has published nothing, whose messages are in a pool.
    pub fn with_pool(id: EndpointId, hash: SchemaHash, shape: PoolShape) -> Self {
        let PoolShape { cells, depth, pool_bytes, flags, seals } = shape;
        let ring = 8 * (word::RING + usize::try_from(cells).expect("few cells") * STRIDE);
        let pool = ring.next_multiple_of(4096);
        let segment = Self::new(pool + pool_bytes, seals);
        segment.set(word::MAGIC, u64::from_le_bytes(*b"slotrng\x02"));
        segment.set(word::BYTES, (pool + pool_bytes) as u64);
        segment.set(word::NONCE, NONCE);
        segment.set_whole(word::ID, id.0);
        segment.set_whole(word::HASH, hash.0);
        segment.set(word::PAYLOAD, 24);
        segment.set(word::CELLS, cells);
        segment.set(word::DEPTH, depth);
        segment.set(word::FLAGS, flags);
        segment.set(word::POOL, pool as u64);
        segment.set(word::POOL_BYTES, pool_bytes as u64);
        segment
    }

    /// Stores the location of a message in the cell of its sequence.
    pub fn set_descriptor(&self, cell: usize, sequence: u64, descriptor: [u64; 3]) {
        let first = word::RING + cell * STRIDE;
        for (index, value) in descriptor.into_iter().enumerate() {
            self.set(first + 2 + index, value);
        }
        self.set_stamp(cell, 2 * sequence + 2);
        self.set(word::HEAD, sequence + 1);
    }

    /// Grants a subscriber its pins.
    pub fn grant_pins(&self, subscriber: EndpointId) {
        self.grant(0, subscriber, PINS, NO_LINE);
    }

    /// Writes a grant: its start, which may include [`PINS`], and the line that is read of the
    /// subscriber's page.
    pub fn grant(&self, entry: usize, subscriber: EndpointId, start: u64, line: u64) {
        let first = word::GRANTS + 4 * entry;
        self.set(first + 2, start);
        self.set(first + 3, line);
        self.set_whole(first, subscriber.0);
        self.set(word::GRANT_CHANGES, self.words()[word::GRANT_CHANGES].load(Ordering::SeqCst).wrapping_add(1));
    }

    fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping has this many words, is aligned to a page, and lives as long as
        // `self`.
        unsafe { std::slice::from_raw_parts(self.start.cast(), self.words) }
    }

    /// Stores a word.
    pub fn set(&self, index: usize, value: u64) {
        self.words()[index].store(value, Ordering::SeqCst);
    }

    /// Stores two words, the lower half first.
    #[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
    pub fn set_whole(&self, index: usize, value: u128) {
        self.set(index, value as u64);
        self.set(index + 1, (value >> 64) as u64);
    }

    /// Returns the address ranges where other code of this process has mapped it for reading.
    ///
    /// # Panics
    /// If it is not mapped, or `/proc` cannot be read.
    pub fn where_read(&self) -> Vec<Range<usize>> {
        let inode = self.file.metadata().expect("a file").ino().to_string();
        let maps = std::fs::read_to_string("/proc/self/maps").expect("/proc");
        let of = |line: &str| {
            let mut fields = line.split_ascii_whitespace();
            let (range, access) = (fields.next()?, fields.next()?);
            let (start, end) = range.split_once('-')?;
            let address = |text| usize::from_str_radix(text, 16).ok();
            (access == "r--s" && fields.nth(2)? == inode).then_some(address(start)?..address(end)?)
        };
        let ranges: Vec<_> = maps.lines().filter_map(of).collect();
        assert!(!ranges.is_empty(), "it is not mapped for reading");
        ranges
    }

    /// Returns the number of its words.
    pub fn len(&self) -> usize {
        self.words
    }

    /// Returns whether it has no words.
    pub fn is_empty(&self) -> bool {
        self.words == 0
    }

    /// Stores the stamp of a cell.
    pub fn set_stamp(&self, cell: usize, stamp: u64) {
        self.set(word::RING + cell * STRIDE, stamp);
    }

    /// Returns what a valid entry stores about it.
    ///
    /// # Panics
    /// If the file cannot be inspected.
    pub fn memory(&self) -> MemoryEntry {
        let place = Memory::Sealed(Handle::of(&self.file).expect("a file"));
        MemoryEntry { place, bytes: 8 * self.words as u64, nonce: NONCE }
    }
}

/// The nonce of forged segments.
pub const NONCE: u64 = 0x0123_4567_89ab_cdef;

impl Drop for Segment {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this size, and nothing borrows from it any more.
        unsafe { libc::munmap(self.start, (8 * self.words).max(1)) };
    }
}

/// Returns what a publisher of `T` with this memory announces.
pub fn announcement<T: ShmMessage>(id: EndpointId, memory: Option<MemoryEntry>) -> Announcement {
    Announcement {
        role: Role::Publisher,
        id,
        name: "forged".into(),
        schema: T::SCHEMA.clone(),
        hash: T::HASH,
        qos: Qos::default(),
        memory,
    }
}
