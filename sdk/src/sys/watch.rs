//! Being told when something changes in a directory (`inotify`).

use super::file::own_path;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A descriptor that is readable when names were added to a directory or taken from it, or a file of it that somebody
/// could write was closed: its owner has perhaps died.
#[derive(Debug)]
pub(crate) struct Watch(OwnedFd);

/// The most events that are taken at once: as many as the kernel remembers, by default.
const AT_ONCE: u32 = 16_384;

/// What has happened since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) any: bool,
    /// A file was closed. Its locks are free a few microseconds after this is told.
    pub(crate) closed: bool,
}

impl Watch {
    /// Watches a directory. The kernel has few of these for each user (128): failing is usual.
    pub(crate) fn of_directory(directory: impl AsFd) -> io::Result<Self> {
        let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let what = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        inotify::add_watch(&watch, own_path(directory.as_fd()), what)?;
        Ok(Self(watch))
    }

    /// What has happened since this was asked last; not all of it, if that never ends.
    pub(crate) fn take(&self) -> io::Result<Changes> {
        let mut changes = Changes::default();
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.0, &mut buffer);
        for _ in 0..AT_ONCE {
            match reader.next() {
                Ok(event) => {
                    changes.any = true;
                    // If there were more than the kernel remembers, anything may have happened.
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

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::file;

    #[test]
    fn what_happens_in_a_directory_is_told_once() {
        let path = std::env::temp_dir().join(format!("slotcast-watch-{}", std::process::id()));
        file::make_directory(&path).unwrap();
        let directory = file::open_directory(&path).unwrap();
        let watch = Watch::of_directory(&directory).unwrap();
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
