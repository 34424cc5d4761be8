//! A region as this process has it open: its mapping, its locks, and its header.

use super::error::RegionError;
use super::format::{self, Layout, at};
use crate::sync::{Word, Word32};
use crate::sys::fork::{Origin, OwnFile};
use crate::sys::lock::{self, Hold};
use crate::sys::shared_memory::{Held, SharedMemory};
use crate::sys::{barrier, file, process};
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// Bytes beyond every file, whose locks mean something. Entries are added under the first.
const TABLE_LOCK: u64 = 1 << 60;
/// Held shared by every process that has the region open, alone by one that repairs it.
const USERS_LOCK: u64 = TABLE_LOCK + 1;
/// Followed by one byte per token.
const TOKENS: u64 = 1 << 61;
/// Tokens have 30 bits: a word of 32 holds one and a phase.
const TOKEN_MASK: u64 = (1 << 30) - 1;

/// How long a call waits for the table's lock, which is held for microseconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// An open region.
pub(super) struct Inner {
    pub(super) name: Box<str>,
    pub(super) memory: Arc<SharedMemory>,
    file: OwnFile,
    pub(super) layout: Layout,
    pub(super) max_entries: u32,
    /// By which others know whether this process lives: it holds the lock of this byte. 0 if the
    /// region can only be read.
    token: u32,
    /// Whether others can execute barriers for this process.
    is_registered: bool,
    origin: Origin,
    adding: Mutex<()>,
}

/// The table's lock, in this process and among all.
pub(super) struct TableGuard<'a> {
    inner: &'a Inner,
    _adding: MutexGuard<'a, ()>,
}

impl Drop for TableGuard<'_> {
    fn drop(&mut self) {
        let _ = lock::give_back(&self.inner.file, TABLE_LOCK); // it fails in a forked child, which holds nothing
    }
}

impl Inner {
    /// Maps a region whose file was opened, to be read and written if `is_writable` and the format
    /// allows it. Checks its header.
    pub(super) fn open(name: &str, file: OwnFile, is_writable: bool) -> Result<Self, RegionError> {
        let status = file::status(&file).map_err(io_error(name, "inspect"))?;
        if !status.is_regular {
            return Err(not_a_region(name, "it is not a regular file".into()));
        }
        let start = file::read_up_to(file.file(), 32).map_err(io_error(name, "read"))?;
        let header = Header::decode(name, &start, status.size)?;
        let is_writable = is_writable && header.layout == Layout::Two;
        let bytes = usize::try_from(header.memory_size).map_err(|_| not_a_region(name, "it is too large".into()))?;
        let memory = SharedMemory::map(&file, bytes, is_writable).map_err(io_error(name, "map"))?;
        let mut inner = Self {
            name: name.into(),
            memory: Arc::new(memory),
            file,
            layout: header.layout,
            max_entries: header.max_entries,
            token: 0,
            is_registered: is_writable && barrier::register(),
            origin: Origin::here(),
            adding: Mutex::new(()),
        };
        if is_writable {
            inner.announce()?;
        }
        Ok(inner)
    }

    /// Takes the locks by which others see that this process has the region open.
    fn announce(&mut self) -> Result<(), RegionError> {
        let failed = |reason| RegionError::Io { region: self.name.clone(), doing: "lock", reason };
        // It is held alone while another process repairs the region.
        let mut pause = Pause::new();
        while !lock::take(&self.file, USERS_LOCK, Hold::Shared).map_err(failed)? {
            pause.wait(self)?;
        }
        loop {
            let token = process::random_word().map_err(failed)? & TOKEN_MASK;
            if token != 0 && lock::take(&self.file, TOKENS + token, Hold::Alone).map_err(failed)? {
                self.token = u32::try_from(token).expect("it has 30 bits");
                return Ok(());
            }
        }
    }

    /// Returns the number by which others see whether this process lives.
    pub(super) fn token(&self) -> u32 {
        self.token
    }

    /// Returns whether the process with this token has ended. This one's has not.
    pub(super) fn is_dead(&self, token: u32) -> bool {
        if token == self.token {
            return false;
        }
        let held = lock::is_held_against(&self.file, TOKENS + u64::from(token), Hold::Alone);
        matches!(held, Ok(false)) && !self.is_forked_copy()
    }

    /// Takes the table's lock, among threads and processes.
    pub(super) fn lock_table(&self) -> Result<TableGuard<'_>, RegionError> {
        self.check_writable()?;
        let mut pause = Pause::new();
        let adding = loop {
            match self.adding.try_lock() {
                Ok(guard) => break guard,
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => pause.wait(self)?,
            }
        };
        while !lock::take(&self.file, TABLE_LOCK, Hold::Alone).map_err(io_error(&self.name, "lock"))? {
            pause.wait(self)?;
        }
        Ok(TableGuard { inner: self, _adding: adding })
    }

    /// Calls `act` while no other process has the region open.
    pub(super) fn alone<R>(&self, act: impl FnOnce() -> R) -> Result<R, RegionError> {
        self.check_writable()?;
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        if !lock::take(&self.file, USERS_LOCK, Hold::Alone).map_err(io_error(&self.name, "lock"))? {
            return Err(RegionError::InUse { region: self.name.clone(), holders: self.holders() });
        }
        let result = act();
        lock::take(&self.file, USERS_LOCK, Hold::Shared).map_err(io_error(&self.name, "lock"))?;
        Ok(result)
    }

    pub(super) fn check_writable(&self) -> Result<(), RegionError> {
        if self.is_forked_copy() {
            return Err(RegionError::Forked { region: self.name.clone() });
        }
        if !self.memory.is_writable() {
            return Err(self.read_only());
        }
        Ok(())
    }

    /// Returns the error of what would write.
    pub(super) fn read_only(&self) -> RegionError {
        let region = self.name.clone();
        match self.layout {
            Layout::One | Layout::WideOne => RegionError::ReadOnly { region },
            Layout::Two => RegionError::OpenedReadOnly { region },
        }
    }

    /// Returns whether this process was forked from the one that opened the region: memory is zeros
    /// here.
    #[inline]
    pub(super) fn is_forked_copy(&self) -> bool {
        !self.origin.is_here()
    }

    /// Returns whether others can execute barriers for this process.
    #[inline]
    pub(super) fn is_registered(&self) -> bool {
        self.is_registered
    }

    /// Gives the region its name. Returns `false` if the name is taken.
    pub(super) fn link(&self, directory: impl AsFd) -> io::Result<bool> {
        file::link(self.file.file(), directory, &self.name)
    }

    /// Returns whether the region's name was removed, or given to another one.
    pub(super) fn is_removed(&self) -> bool {
        file::status(&self.file).is_ok_and(|status| status.links == 0)
    }

    /// Returns the other processes that have the region open, as text.
    pub(super) fn holders(&self) -> Box<str> {
        let identity = file::status(&self.file).map(|status| status.identity);
        let holders = identity.map_or_else(|_| Vec::new(), process::holders);
        let names: Vec<_> = holders.into_iter().map(|(pid, program)| format!("pid {pid}, {program}")).collect();
        match names.len() {
            0 => "this process cannot see which (another thread or handle of this process, or another user's)".into(),
            _ => format!("open in {}", names.join("; ")).into(),
        }
    }

    /// Returns words of the table, which is inside the memory.
    pub(super) fn words32(&self, offset: usize, count: usize) -> Held<Word32> {
        SharedMemory::words(&self.memory, offset, count).expect("the table is inside the memory")
    }

    /// Returns words of the table, which is inside the memory.
    pub(super) fn words(&self, offset: usize, count: usize) -> Held<Word> {
        SharedMemory::words(&self.memory, offset, count).expect("the table is inside the memory")
    }

    pub(super) fn corrupt(&self, problem: String) -> RegionError {
        RegionError::Corrupt { region: self.name.clone(), problem: problem.into() }
    }
}

/// The waits for a lock that others hold for a moment.
struct Pause {
    start: Instant,
    next: Duration,
}

impl Pause {
    fn new() -> Self {
        Self { start: Instant::now(), next: Duration::from_micros(20) }
    }

    /// Waits for a while. Fails once that was too long.
    fn wait(&mut self, inner: &Inner) -> Result<(), RegionError> {
        if self.start.elapsed() > LOCK_PATIENCE {
            let (region, holders) = (inner.name.clone(), inner.holders());
            return Err(RegionError::Locked { region, waited: LOCK_PATIENCE, holders });
        }
        process::sleep(self.next);
        self.next = (self.next * 2).min(Duration::from_millis(5));
        Ok(())
    }
}

/// The header of a region, checked against the size of its file.
struct Header {
    layout: Layout,
    max_entries: u32,
    memory_size: u64,
}

impl Header {
    fn decode(name: &str, bytes: &[u8], file_size: u64) -> Result<Self, RegionError> {
        let word32 =
            |at: usize| bytes.get(at..at + 4).map(|part| u32::from_le_bytes(part.try_into().expect("4 bytes")));
        let word64 =
            |at: usize| bytes.get(at..at + 8).map(|part| u64::from_le_bytes(part.try_into().expect("8 bytes")));
        let short = || not_a_region(name, format!("it has {file_size} bytes, less than any table").into());
        let magic = word32(at::MAGIC).ok_or_else(short)?;
        if magic != format::MAGIC {
            let problem = format!("it starts with {magic:#010x}, and a region with {:#010x} (\"MPIZ\")", format::MAGIC);
            return Err(not_a_region(name, problem.into()));
        }
        let version = word32(at::VERSION).ok_or_else(short)?;
        let corrupt = |problem: String| Err(RegionError::Corrupt { region: name.into(), problem: problem.into() });
        match version {
            2 => {
                let (Some(stored), Some(size)) = (word32(at::MAX_ENTRIES), word64(at::MEMORY_SIZE)) else {
                    return Err(short());
                };
                let max_entries = if stored == 0 { format::DEFAULT_ENTRIES } else { stored };
                let table = format::table_bytes(max_entries);
                if size > file_size {
                    return corrupt(format!("it says {size} bytes, and the file has {file_size}: it was truncated"));
                }
                if size < table {
                    return corrupt(format!(
                        "it says {size} bytes, and a table of {max_entries} entries needs {table}"
                    ));
                }
                Ok(Self { layout: Layout::Two, max_entries, memory_size: size })
            }
            1 => Self::decode_one(word32, word64, file_size).ok_or_else(short),
            _ => Err(not_a_region(
                name,
                format!("it has version {version} of the format, and this program knows 1 and 2").into(),
            )),
        }
    }

    /// Version 1 is ambiguous: some clients wrote that number with the table of version 2. There,
    /// the word at 16 is the size of the memory; in the paper's version, it begins a name.
    fn decode_one(
        word32: impl Fn(usize) -> Option<u32>,
        word64: impl Fn(usize) -> Option<u64>,
        file_size: u64,
    ) -> Option<Self> {
        let count = word32(at::ENTRY_COUNT)?;
        if word64(at::MEMORY_SIZE) == Some(file_size) {
            let max_entries = match word32(at::MAX_ENTRIES)? {
                0 => format::DEFAULT_ENTRIES,
                stored => stored,
            };
            if format::table_bytes(max_entries) <= file_size && count <= max_entries {
                return Some(Self { layout: Layout::WideOne, max_entries, memory_size: file_size });
            }
        }
        // The table's size is not stored: it ends before the next offset at the latest.
        let end = u64::from(word32(12)?).min(file_size);
        let most = end.checked_sub(Layout::One.header() as u64)? / Layout::One.entry() as u64;
        Some(Self { layout: Layout::One, max_entries: u32::try_from(most).ok()?, memory_size: file_size })
    }
}

pub(super) fn io_error(name: &str, doing: &'static str) -> impl FnOnce(io::Error) -> RegionError {
    let region = name.into();
    move |reason| RegionError::Io { region, doing, reason }
}

pub(super) fn not_a_region(name: &str, problem: Box<str>) -> RegionError {
    RegionError::NotARegion { region: name.into(), problem }
}
