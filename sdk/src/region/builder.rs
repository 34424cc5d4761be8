//! Creating, opening and removing regions.

use super::error::RegionError;
use super::format::{self, at};
use super::handle::Region;
use super::inner::{Inner, io_error};
use super::name::check_region;
use super::record::{Records, records_bytes};
use super::{opening, space};
use crate::failpoint;
use crate::sync::Word32;
use crate::sys::fork::OwnFile;
use crate::sys::shared_memory::SharedMemory;
use crate::sys::{file, process};
use std::sync::Arc;

/// Opening and removing.
impl Region {
    /// Creates a region of `size` bytes, for this user only. Its memory is allocated at once.
    ///
    /// Of processes that create one name at the same time, one succeeds. Others never see a region
    /// that is half created.
    ///
    /// # Errors
    /// [`RegionError::RegionExists`], [`RegionError::Size`] if the table does not fit,
    /// [`RegionError::RegionName`], and [`RegionError::Io`], above all if `/dev/shm` is full.
    pub fn create(name: &str, size: u64) -> Result<Self, RegionError> {
        Self::builder(name).create(size)
    }

    /// Opens a region that exists.
    ///
    /// # Errors
    /// [`RegionError::NoRegion`], [`RegionError::NotARegion`], [`RegionError::Corrupt`],
    /// [`RegionError::Owner`] and [`RegionError::Io`].
    pub fn open(name: &str) -> Result<Self, RegionError> {
        Self::builder(name).open()
    }

    /// Opens a region, or creates it with `size` bytes if there is none.
    ///
    /// # Errors
    /// Those of both, except the one that says which exists. [`RegionError::Size`] if there is one
    /// that is smaller: regions do not grow.
    pub fn open_or_create(name: &str, size: u64) -> Result<Self, RegionError> {
        Self::builder(name).open_or_create(size)
    }

    /// Returns a builder, for other settings than the default.
    pub fn builder(name: &str) -> RegionBuilder {
        RegionBuilder::new(name)
    }

    /// Removes a region's name. Processes that have it open keep using it; its memory is freed with
    /// the last one. Returns `false` if there is no region of this name.
    ///
    /// # Errors
    /// [`RegionError::NotARegion`] if the file is something else, and [`RegionError::Io`].
    pub fn remove(name: &str) -> Result<bool, RegionError> {
        let name = check_region(name)?;
        if !opening::looks_like_a_region(name)? {
            return Ok(false);
        }
        let directory = opening::directory(name)?;
        file::unlink(directory, name).map_err(io_error(name, "remove"))
    }

    /// Returns the names of the regions in `/dev/shm` that this process can read, sorted.
    ///
    /// # Errors
    /// [`RegionError::Io`] if `/dev/shm` cannot be read.
    pub fn list() -> Result<Vec<String>, RegionError> {
        let directory = opening::directory("")?;
        let mut names = file::names(directory).map_err(io_error("", "list"))?;
        names.retain(|name| matches!(opening::looks_like_a_region(name), Ok(true)));
        names.sort_unstable();
        Ok(names)
    }
}

/// How a region is created or opened.
///
/// # Examples
///
/// ```
/// use slotcast::region::Region;
/// # let name = format!("slotcast-doc-builder-{}", std::process::id());
///
/// let region = Region::builder(&name).max_entries(16).mode(0o660).create(64 << 10)?;
/// assert_eq!(region.max_entries(), 16);
/// Region::remove(&name)?;
/// # Ok::<(), slotcast::region::RegionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RegionBuilder {
    name: String,
    max_entries: u32,
    mode: u32,
    is_recorded: bool,
    allows_other_users: bool,
    is_read_only: bool,
}

/// The most entries of a table: finding one by name compares with all.
const MOST_ENTRIES: u32 = 4096;

impl RegionBuilder {
    fn new(name: &str) -> Self {
        let max_entries = format::DEFAULT_ENTRIES;
        Self {
            name: name.into(),
            max_entries,
            mode: 0o600,
            is_recorded: true,
            allows_other_users: false,
            is_read_only: false,
        }
    }

    /// Sets how many structures a new region has room for: 1 to 4096, by default 64. Other clients
    /// of the format refuse more than 64, and some assume 64. A structure that consists of parts
    /// takes an entry for each, and the records of this crate take one.
    #[must_use]
    pub fn max_entries(mut self, most: u32) -> Self {
        self.max_entries = most;
        self
    }

    /// Sets the file mode of a new region, whatever the umask: by default `0o600`, for this user
    /// only.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode & 0o777;
        self
    }

    /// Creates the region without records: its bytes are then exactly those that other clients
    /// write. Types are then checked by size only, blocking calls poll, and the death of an owner
    /// is not noticed.
    #[must_use]
    pub fn without_records(mut self) -> Self {
        self.is_recorded = false;
        self
    }

    /// Opens regions of other users, too, if the file's mode allows it. Such a user can truncate
    /// the file, which ends every process that then uses the region, by SIGBUS.
    #[must_use]
    pub fn allow_other_users(mut self) -> Self {
        self.allows_other_users = true;
        self
    }

    /// Opens a region to read it, as is possible where the file's mode forbids to write. Its arrays
    /// can be opened, and [`entries`](Region::entries), [`bytes`](Region::bytes) and
    /// [`check`](Region::check) work. All else is [`RegionError::OpenedReadOnly`]. Other processes do not
    /// see that the region is open: [`repair`](Region::repair) does not wait for this one.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.is_read_only = true;
        self
    }

    /// Creates a region of `size` bytes.
    ///
    /// # Errors
    /// Those of [`Region::create`].
    pub fn create(&self, size: u64) -> Result<Region, RegionError> {
        let name = check_region(&self.name)?;
        self.check_size(name, size)?;
        let directory = opening::directory(name)?;
        let create = || file::unnamed(&directory, self.mode);
        let file = OwnFile::open(create).map_err(io_error(name, "create"))?;
        file::check_room(&directory, size).map_err(io_error(name, "allocate memory for"))?;
        file::allocate(&file, 0..size).map_err(io_error(name, "allocate memory for"))?;
        self.write_table(name, &file, size)?;
        let inner = Inner::open(name, file, true)?;
        if self.is_recorded {
            let guard = inner.lock_table()?;
            let entry = Records::create(&inner, inner.next_offset()?);
            inner.advance(&guard, entry.offset + entry.size);
            inner.add(&guard, 0, &[entry]);
        }
        failpoint::hit("region.unnamed");
        if !inner.link(&directory).map_err(io_error(name, "name"))? {
            return Err(RegionError::RegionExists { region: name.into() });
        }
        Region::of(inner)
    }

    /// Opens a region that exists.
    ///
    /// # Errors
    /// Those of [`Region::open`].
    pub fn open(&self) -> Result<Region, RegionError> {
        let name = check_region(&self.name)?;
        let file = opening::open_file(name, !self.is_read_only)?
            .ok_or_else(|| RegionError::NoRegion { region: name.into() })?;
        let status = file::status(&file).map_err(io_error(name, "inspect"))?;
        let user = process::user();
        if status.owner != user && !self.allows_other_users {
            return Err(RegionError::Owner { region: name.into(), owner: status.owner, user });
        }
        Region::of(Inner::open(name, file, !self.is_read_only)?)
    }

    /// Opens a region, or creates it.
    ///
    /// # Errors
    /// Those of [`Region::open_or_create`].
    pub fn open_or_create(&self, size: u64) -> Result<Region, RegionError> {
        let name = check_region(&self.name)?;
        self.check_size(name, size)?;
        // Others may remove it between the two attempts, again and again.
        let mut tries = 0..100;
        loop {
            match self.open() {
                Err(RegionError::NoRegion { .. }) => {}
                Ok(region) if region.size() < size => {
                    let problem = format!(
                        "it exists with {} bytes, and {size} were asked for; regions do not grow",
                        region.size()
                    );
                    return Err(RegionError::Size { region: name.into(), problem: problem.into() });
                }
                other => return other,
            }
            match self.create(size) {
                Err(RegionError::RegionExists { .. }) if tries.next().is_some() => {}
                other => return other,
            }
        }
    }

    fn check_size(&self, name: &str, size: u64) -> Result<(), RegionError> {
        let refuse = |problem: String| Err(RegionError::Size { region: name.into(), problem: problem.into() });
        if self.max_entries == 0 || self.max_entries > MOST_ENTRIES {
            return refuse(format!("it would have {} entries, and may have 1 to {MOST_ENTRIES}", self.max_entries));
        }
        let records = if self.is_recorded { records_bytes(self.max_entries) } else { 0 };
        let least = format::table_bytes(self.max_entries) + records;
        if size < least || size > i64::MAX as u64 {
            return refuse(format!(
                "it would have {size} bytes, and the table alone needs {least} for {} entries",
                self.max_entries
            ));
        }
        Ok(())
    }

    /// Writes the table of a region that has no name yet.
    fn write_table(&self, name: &str, file: &OwnFile, size: u64) -> Result<(), RegionError> {
        let memory = Arc::new(SharedMemory::map(file, space::bytes(size), true).map_err(io_error(name, "map"))?);
        let table = format::table_bytes(self.max_entries);
        let words = SharedMemory::words::<Word32>(&memory, 0, 8).expect("the size was checked");
        let halves =
            |value: u64| [value & u64::from(u32::MAX), value >> 32].map(|half| u32::try_from(half).expect("a half"));
        let (memory_size, next) = (halves(size), halves(table));
        words[at::VERSION / 4].store_relaxed(format::VERSION);
        words[at::MAX_ENTRIES / 4].store_relaxed(self.max_entries);
        for half in 0..2 {
            words[at::MEMORY_SIZE / 4 + half].store_relaxed(memory_size[half]);
            words[at::NEXT_OFFSET / 4 + half].store_relaxed(next[half]);
        }
        words[at::MAGIC / 4].store_release(format::MAGIC);
        Ok(())
    }
}
