//! Directories and files of a registry, always reached by descriptor and never through a link.

use rustix::fs::{self, AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Opens a directory itself, never what a link leads to.
const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::RDONLY);

/// What distinguishes one file from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

/// The properties of a file or directory by which callers decide whether to trust it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Status {
    pub(crate) identity: Identity,
    pub(crate) owner: u32,
    /// Only the permission bits.
    pub(crate) mode: u32,
    pub(crate) size: u64,
    /// Bytes in memory or on disk: less than `size` if the file has holes.
    pub(crate) allocated: u64,
    /// The number of its names: 0 once it was removed.
    pub(crate) links: u64,
    pub(crate) is_regular: bool,
}

/// Returns a path by which this process can open one of its own descriptors again.
pub(crate) fn own_path(descriptor: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", descriptor.as_raw_fd())
}

/// Opens a directory by path; the last component must not be a symbolic link.
pub(crate) fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    Ok(fs::openat(CWD, path, DIRECTORY, Mode::empty())?)
}

/// Opens a directory inside another.
pub(crate) fn open_directory_at(parent: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    Ok(fs::openat(parent, name, DIRECTORY, Mode::empty())?)
}

/// Creates a directory for this user only, whatever the umask. Returns `false` if the name is
/// taken.
pub(crate) fn make_directory(path: &Path) -> io::Result<bool> {
    let set_mode = || -> io::Result<()> {
        fs::chmodat(CWD, path, Mode::RWXU, AtFlags::empty())?;
        open_directory(path).map(drop)
    };
    finish_directory(fs::mkdirat(CWD, path, Mode::RWXU), set_mode, || remove_directory(path))
}

/// Creates a directory for this user only inside another. Returns `false` if the name is taken.
pub(crate) fn make_directory_at(parent: impl AsFd, name: &str) -> io::Result<bool> {
    let remove = || was_removed(fs::unlinkat(&parent, name, AtFlags::REMOVEDIR));
    let set_mode = || -> io::Result<()> {
        fs::chmodat(&parent, name, Mode::RWXU, AtFlags::empty())?;
        open_directory_at(&parent, name).map(drop)
    };
    finish_directory(fs::mkdirat(&parent, name, Mode::RWXU), set_mode, remove)
}

/// Sets the mode of a directory that was just created, and opens it once. Returns `false` if the
/// name was taken.
fn finish_directory(
    created: Result<(), Errno>,
    set_mode: impl FnOnce() -> io::Result<()>,
    remove: impl FnOnce() -> io::Result<bool>,
) -> io::Result<bool> {
    match created {
        Ok(()) => {
            // A umask may have cleared bits, even those that opening it needs. So this goes by its
            // name, which no other user can give to something else.
            match set_mode() {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true), // it was removed again
                Err(error) => {
                    let _ = remove(); // do not leave it half finished; the first error is the one to report
                    Err(error)
                }
            }
        }
        Err(Errno::EXIST) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Removes an empty directory. Returns `false` if it is not empty or does not exist.
pub(crate) fn remove_directory(path: &Path) -> io::Result<bool> {
    was_removed(fs::unlinkat(CWD, path, AtFlags::REMOVEDIR))
}

/// Removes a file. Returns `false` if there is none by that name.
pub(crate) fn unlink(directory: impl AsFd, name: &str) -> io::Result<bool> {
    was_removed(fs::unlinkat(directory, name, AtFlags::empty()))
}

fn was_removed(result: Result<(), Errno>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Creates a file without a name. It vanishes with its descriptor unless it is [`link`]ed.
pub(crate) fn unnamed(directory: impl AsFd, mode: u32) -> io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = File::from(fs::openat(directory, ".", flags, Mode::from_raw_mode(mode))?);
    fs::fchmod(&file, Mode::from_raw_mode(mode))?; // regardless of the umask
    Ok(file)
}

/// Gives an unnamed file its name, once. Returns `false` if the name is taken; of racing callers,
/// one wins.
pub(crate) fn link(file: &File, directory: impl AsFd, name: &str) -> io::Result<bool> {
    let by_descriptor = fs::linkat(file, "", &directory, name, AtFlags::EMPTY_PATH);
    // A process that has changed its credentials since it opened the file (a forked child, a daemon
    // that dropped root) may link only through /proc.
    let result = match by_descriptor {
        Err(Errno::NOENT | Errno::PERM) => {
            let path = own_path(file.as_fd());
            fs::linkat(CWD, path, directory, name, AtFlags::SYMLINK_FOLLOW)
        }
        other => other,
    };
    match result {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Gives a file in a directory a second name, or leaves one that it has.
pub(crate) fn link_name(directory: impl AsFd, name: &str, second: &str) -> io::Result<()> {
    match fs::linkat(&directory, name, &directory, second, AtFlags::empty()) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Renames a file in a directory, in place of one that has the new name.
pub(crate) fn rename(directory: impl AsFd, from: &str, to: &str) -> io::Result<()> {
    Ok(fs::renameat(&directory, from, &directory, to)?)
}

/// Fails with `EFBIG` if a file of this process must not have `bytes` bytes (`ulimit -f`). Call it
/// before a file grows: the kernel would end the process by a signal.
pub(crate) fn check_size(bytes: u64) -> io::Result<()> {
    let most = rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
    if most.is_some_and(|most| bytes > most) { Err(Errno::FBIG.into()) } else { Ok(()) }
}

/// Allocates storage for `bytes` of a file, so that writing them through a mapping cannot fail.
pub(crate) fn allocate(file: impl AsFd, bytes: Range<u64>) -> io::Result<()> {
    // In pieces: some kernels give up at any signal and undo all of it, so a process with a timer
    // would never succeed.
    const PIECE: u64 = 16 << 20;
    check_size(bytes.end)?;
    let mut start = bytes.start;
    while start < bytes.end {
        let piece = PIECE.min(bytes.end - start);
        rustix::io::retry_on_intr(|| fs::fallocate(&file, fs::FallocateFlags::empty(), start, piece))?;
        start += piece;
    }
    Ok(())
}

/// Fails with `ENOSPC` if a file system has no room for `bytes`, before any are allocated: whoever
/// allocates until there is no more takes the room from others meanwhile.
#[cfg(feature = "region")]
pub(crate) fn check_room(directory: impl AsFd, bytes: u64) -> io::Result<()> {
    let status = fs::fstatvfs(directory)?;
    // A tmpfs without a limit says that it has no blocks at all.
    let is_limited = status.f_blocks != 0;
    let available = status.f_bavail.saturating_mul(status.f_frsize);
    if is_limited && available < bytes { Err(Errno::NOSPC.into()) } else { Ok(()) }
}

/// Opens a file for reading, without ever waiting for it. Returns `None` if there is none by that
/// name.
///
/// The caller must check [`status`] for a regular file.
pub(crate) fn open(directory: impl AsFd, name: &str) -> io::Result<Option<File>> {
    open_with(directory, name, OFlags::RDONLY)
}

/// Opens a file for reading and writing. Returns `None` if there is none by that name.
///
/// The caller must check [`status`] for a regular file.
pub(crate) fn open_writable(directory: impl AsFd, name: &str) -> io::Result<Option<File>> {
    open_with(directory, name, OFlags::RDWR)
}

fn open_with(directory: impl AsFd, name: &str, access: OFlags) -> io::Result<Option<File>> {
    // NONBLOCK: opening a FIFO of this name must not wait. It is refused once its status is known.
    let flags = access | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    match fs::openat(directory, name, flags, Mode::empty()) {
        Ok(descriptor) => Ok(Some(File::from(descriptor))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Returns the status of an open file or directory.
pub(crate) fn status(file: impl AsFd) -> io::Result<Status> {
    Ok(convert(&fs::fstat(file)?))
}

/// Returns the status of a name, or of the link itself if it is one. Returns `None` if the name
/// does not exist.
pub(crate) fn status_at(directory: impl AsFd, name: &str) -> io::Result<Option<Status>> {
    match fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(convert(&stat))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn convert(stat: &fs::Stat) -> Status {
    Status {
        identity: Identity { device: stat.st_dev, inode: stat.st_ino },
        owner: stat.st_uid,
        mode: stat.st_mode & 0o7777,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        allocated: 512 * u64::try_from(stat.st_blocks).unwrap_or(0),
        #[allow(clippy::useless_conversion, reason = "it has 32 bits on some machines")]
        links: u64::from(stat.st_nlink),
        is_regular: FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile,
    }
}

/// Reads a file from its start, up to `limit` bytes.
pub(crate) fn read_up_to(file: &File, limit: usize) -> io::Result<Vec<u8>> {
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX).min(limit);
    let mut bytes = vec![0; size];
    let mut filled = 0;
    while filled < size {
        match file.read_at(&mut bytes[filled..], filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Returns the names in a directory, in no particular order. Leaves out `.`, `..` and names that
/// are not UTF-8, which are never ours.
pub(crate) fn names(directory: impl AsFd) -> io::Result<Vec<String>> {
    let entries = fs::Dir::read_from(directory)?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let Ok(name) = CStr::to_str(entry.file_name())
            && name != "."
            && name != ".."
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}
