//! Noticing changes in a directory (`inotify`).

use super::file::own_path;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A descriptor that is readable when names were added to or removed from a directory. It is also
/// readable when a file in it that was open for writing was closed: its owner may have died.
#[derive(Debug)]
pub(crate) struct DirectoryWatch(OwnedFd);

/// How many events one call takes at most: as many as the kernel queues by default.
const AT_ONCE: u32 = 16_384;

/// What has happened in the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Anything at all has changed.
    pub(crate) any: bool,
    /// A file was closed. Its locks are free a few microseconds after this is reported.
    pub(crate) closed: bool,
}

impl DirectoryWatch {
    /// Watches a directory. The kernel allows few watches per user (128), so failure is normal.
    pub(crate) fn new(directory: impl AsFd) -> io::Result<Self> {
        let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let events = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        inotify::add_watch(&watch, own_path(directory.as_fd()), events)?;
        Ok(Self(watch))
    }

    /// Returns what has happened since the last call. It stops at a limit, in case events never
    /// stop.
    pub(crate) fn take(&self) -> io::Result<Changes> {
        let mut changes = Changes::default();
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.0, &mut buffer);
        for _ in 0..AT_ONCE {
            match reader.next() {
                Ok(event) => {
                    changes.any = true;
                    // If the queue has overflowed, anything may have happened.
                    changes.closed |= event.events().intersects(ReadFlags::CLOSE_WRITE | ReadFlags::QUEUE_OVERFLOW);
                }
                Err(Errno::AGAIN) => return Ok(changes),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(changes)
    }
}

impl AsFd for DirectoryWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::file;

    #[test]
    fn each_change_is_reported_once() {
        let path = std::env::temp_dir().join(format!("slotcast-watch-{}", std::process::id()));
        file::make_directory(&path).unwrap();
        let directory = file::open_directory(&path).unwrap();
        let watch = DirectoryWatch::new(&directory).unwrap();
        assert_eq!(watch.take().unwrap(), Changes::default());
        let unnamed = file::unnamed(&directory, 0o600).unwrap();
        file::link(&unnamed, &directory, "a").unwrap();
        assert_eq!(watch.take().unwrap(), Changes { any: true, closed: false });
        drop(unnamed);
        assert_eq!(watch.take().unwrap(), Changes { any: true, closed: true });
        assert_eq!(watch.take().unwrap(), Changes::default());
        file::unlink(&directory, "a").unwrap();
        assert!(watch.take().unwrap().any);
        file::remove_directory(&path).unwrap();
    }
}
