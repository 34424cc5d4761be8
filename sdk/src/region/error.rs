//! Why a region, or a structure in it, cannot be created, opened or changed.

use crate::error_debug::debug_is_display;
use crate::sys::error::{is_out_of_space, is_refusal};
use std::io;

/// Why a region, or a structure in it, cannot be created or opened.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Region, RegionError};
///
/// let error = Region::open("there-is-none-of-this-name").unwrap_err();
/// assert!(matches!(error, RegionError::NoRegion { .. }));
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "`region` and `structure` are always names")]
pub enum RegionError {
    /// No region can have this name.
    #[error("no region can be named \"{name}\": it {problem}")]
    RegionName {
        name: Box<str>,
        /// What is wrong with it.
        problem: Box<str>,
    },
    /// No structure can have this name.
    #[error("no structure of region `{region}` can be named \"{name}\": it {problem}")]
    StructureName {
        region: Box<str>,
        name: Box<str>,
        /// What is wrong with it.
        problem: Box<str>,
    },
    /// A system call failed.
    #[error("cannot {doing} region `{region}` (/dev/shm/{region}): {reason}{}", advice(reason))]
    Io {
        region: Box<str>,
        /// What was attempted, as a verb.
        doing: &'static str,
        /// What the kernel answered.
        reason: io::Error,
    },
    /// There is no region of this name.
    #[error("there is no region `{region}` in /dev/shm: create it first, or use `open_or_create`")]
    NoRegion { region: Box<str> },
    /// There is a region of this name already.
    #[error("region `{region}` exists already: open it, or remove it first with `Region::remove`")]
    RegionExists { region: Box<str> },
    /// The region is too small, too large, or has too many entries to be created.
    #[error("region `{region}` cannot be created: {problem}")]
    Size {
        region: Box<str>,
        /// What is wrong with the size.
        problem: Box<str>,
    },
    /// The file is not a region.
    #[error("/dev/shm/{region} is not a region: {problem}")]
    NotARegion {
        region: Box<str>,
        /// What it is.
        problem: Box<str>,
    },
    /// The region's table contradicts itself, or the file.
    #[error("the table of region `{region}` is corrupt: {problem}; some program has written over it")]
    Corrupt {
        region: Box<str>,
        /// The first problem.
        problem: Box<str>,
    },
    /// The region is of a version that can only be read.
    #[error(
        "region `{region}` has version 1 of the format, which can only be read, and only its arrays: create a \
         region of version 2 and copy what is needed"
    )]
    ReadOnly { region: Box<str> },
    /// The region was opened by [`read_only`](super::RegionBuilder::read_only).
    #[error(
        "region `{region}` was opened for reading only, and only its arrays can be used then: other structures are \
         changed by those that read or wait; open it without `read_only`"
    )]
    OpenedReadOnly { region: Box<str> },
    /// There is no structure of this name.
    #[error("region `{region}` has no structure `{structure}`; it has {others}")]
    NoStructure {
        region: Box<str>,
        structure: Box<str>,
        /// The names that it has.
        others: Box<str>,
    },
    /// There is a structure of this name already.
    #[error("region `{region}` has a structure `{structure}` already: open it, or choose another name")]
    StructureExists { region: Box<str>, structure: Box<str> },
    /// The table has no room for another entry.
    #[error(
        "the table of region `{region}` is full: it has {used} of {most} entries, and `{structure}` needs {needed}; \
         create a region with more entries, or use fewer structures"
    )]
    TableFull {
        region: Box<str>,
        structure: Box<str>,
        /// How many entries there are.
        used: u32,
        /// How many there can be.
        most: u32,
        /// How many the structure needs.
        needed: usize,
    },
    /// The region has no room for the structure.
    #[error(
        "region `{region}` has no room for `{structure}`, which needs {needed} bytes: {free} of {size} are free. \
         Regions do not grow: create one of at least {would_need} bytes"
    )]
    NoSpace {
        region: Box<str>,
        structure: Box<str>,
        /// The bytes that the structure needs, with what is recorded about it.
        needed: u64,
        /// The bytes that are free.
        free: u64,
        /// The size of the region in bytes.
        size: u64,
        /// How large the region would have to be, in bytes.
        would_need: u64,
    },
    /// The structure cannot be created like this.
    #[error("`{structure}` in region `{region}` cannot be created: {problem}")]
    Argument {
        region: Box<str>,
        structure: Box<str>,
        /// What is wrong.
        problem: Box<str>,
    },
    /// The structure is of another kind.
    #[error("`{structure}` in region `{region}` is {found}, and this program opens it as {expected}")]
    Kind {
        region: Box<str>,
        structure: Box<str>,
        /// What it is, with an article.
        found: &'static str,
        /// What it was opened as, with an article.
        expected: &'static str,
    },
    /// The structure has elements of another type.
    #[error("`{structure}` in region `{region}` has elements of another type: {difference}")]
    Type {
        region: Box<str>,
        structure: Box<str>,
        /// The first difference.
        difference: Box<str>,
    },
    /// The structure's bytes are not those of such a structure.
    #[error("`{structure}` in region `{region}` cannot be opened as {expected}: {problem}")]
    Layout {
        region: Box<str>,
        structure: Box<str>,
        /// What it was opened as, with an article.
        expected: &'static str,
        /// What is wrong.
        problem: Box<str>,
    },
    /// Another process has held a lock for too long: that under which structures are added, or the
    /// region is repaired.
    #[error(
        "region `{region}` has been locked by another process for {waited:?}: {holders}; a process that is stopped \
         keeps the lock, one that dies does not"
    )]
    Locked {
        region: Box<str>,
        /// How long this call has waited.
        waited: std::time::Duration,
        /// The processes that have the region open, as far as this one can see them.
        holders: Box<str>,
    },
    /// Other processes have the region open.
    #[error("region `{region}` cannot be repaired while others use it: {holders}; end them first")]
    InUse {
        region: Box<str>,
        /// The processes that have the region open, as far as this one can see them.
        holders: Box<str>,
    },
    /// The region belongs to another user.
    #[error(
        "region `{region}` belongs to user {owner}, and this process runs as user {user}: that user could truncate it, \
         which ends every process that uses it; open it with `Region::builder` and `allow_other_users` if you trust \
         that user"
    )]
    Owner {
        region: Box<str>,
        /// The user number of the file's owner.
        owner: u32,
        /// This process's user number.
        user: u32,
    },
    /// The region was opened by the process that this one was forked from.
    #[error("region `{region}` was opened by the process that this one was forked from: open it again here")]
    Forked { region: Box<str> },
}

/// Returns what to do about an error of the kernel.
fn advice(reason: &io::Error) -> &'static str {
    if is_out_of_space(reason) {
        "; /dev/shm is full: remove regions that are not needed, or create a smaller one"
    } else if is_refusal(reason) {
        "; its owner can give others access by its mode (`RegionBuilder::mode`)"
    } else {
        ""
    }
}

debug_is_display!(RegionError {
    RegionName { name, problem },
    StructureName { region, name, problem },
    Io { region, doing, reason },
    NoRegion { region },
    RegionExists { region },
    Size { region, problem },
    NotARegion { region, problem },
    Corrupt { region, problem },
    ReadOnly { region },
    OpenedReadOnly { region },
    NoStructure { region, structure, others },
    StructureExists { region, structure },
    TableFull { region, structure, used, most, needed },
    NoSpace { region, structure, needed, free, size, would_need },
    Argument { region, structure, problem },
    Kind { region, structure, found, expected },
    Type { region, structure, difference },
    Layout { region, structure, expected, problem },
    Locked { region, waited, holders },
    InUse { region, holders },
    Owner { region, owner, user },
    Forked { region },
});
