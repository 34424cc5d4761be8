//! Noticing that another process has exited.
//!
//! A pidfd is readable once its process has exited, reaped or not. But a process that is killed
//! first gives its memory back, which takes about 100 ms per GiB. Only then does it close its files
//! and count as exited. What shows at once is that it has no memory any more: `/proc/<pid>/statm`
//! is zero.

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags};
use rustix::time::Timespec;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A descriptor that is readable once its process has exited.
#[derive(Debug)]
pub(crate) struct ExitWatch {
    pid: u32,
    pidfd: OwnedFd,
}

impl ExitWatch {
    /// Watches the process that has this number now.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        Ok(Self { pid, pidfd: pidfd(pid)? })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Returns whether the process has exited.
    pub(crate) fn has_exited(&self) -> io::Result<bool> {
        let mut descriptors = [PollFd::new(&self.pidfd, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        Ok(rustix::io::retry_on_intr(|| rustix::event::poll(&mut descriptors, Some(&now)))? != 0)
    }

    /// Returns the bytes of memory that the process uses, or `None` if it has exited or is giving
    /// them back. Takes some microseconds.
    ///
    /// # Errors
    /// If `/proc` does not show the process.
    pub(crate) fn resident_memory(&self) -> io::Result<Option<u64>> {
        let mut memory = resident(&format!("/proc/{}/statm", self.pid));
        if let Ok(None) = memory {
            // A first thread that has ended has none either, while other threads run on.
            memory = self.resident_memory_of_threads();
        }
        // Last: only if the process has not exited by now was the number its own all the time.
        if self.has_exited()? { Ok(None) } else { memory }
    }

    fn resident_memory_of_threads(&self) -> io::Result<Option<u64>> {
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.pid))? {
            match resident(&format!("{}/statm", thread?.path().display())) {
                Ok(None) => {}
                Err(error) if super::error::is_exited_or_closed(&error) => {} // the thread has just ended
                other => return other,
            }
        }
        Ok(None)
    }
}

impl AsFd for ExitWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

/// Returns whether a process has exited, or is about to and runs no code of its program any more.
/// Its descriptors, and so its locks, may still be open.
pub(crate) fn has_exited(pid: u32) -> bool {
    match ExitWatch::of(pid) {
        Ok(watch) => watch.has_exited().unwrap_or(false),
        Err(error) => error.raw_os_error() == Some(Errno::SRCH.raw_os_error()),
    }
}

/// Opens a descriptor of the process that has this number now.
pub(super) fn pidfd(pid: u32) -> io::Result<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
    Ok(rustix::process::pidfd_open(pid, PidfdFlags::empty())?)
}

/// Reads a file like `/proc/<pid>/statm`, which begins with the number of all pages and of those in
/// memory.
fn resident(path: &str) -> io::Result<Option<u64>> {
    let text = std::fs::read_to_string(path)?;
    let mut pages = text.split(' ').map(|number| number.parse::<u64>().unwrap_or(0));
    let (all, resident) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
    Ok((all != 0).then(|| resident.saturating_mul(rustix::param::page_size() as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn an_exit_shows_before_the_process_is_reaped() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let watch = ExitWatch::of(child.id()).unwrap();
        assert!(!watch.has_exited().unwrap() && !has_exited(child.id()));
        assert!(watch.resident_memory().unwrap().is_some());
        child.kill().unwrap();
        let start = std::time::Instant::now();
        while !watch.has_exited().unwrap() {
            assert!(start.elapsed().as_secs() < 60);
        }
        assert!(has_exited(child.id()));
        assert_eq!(watch.resident_memory().unwrap(), None);
        child.wait().unwrap();
        assert_eq!(watch.resident_memory().unwrap(), None);
    }

    #[test]
    fn this_process_runs_and_has_memory() {
        let watch = ExitWatch::of(std::process::id()).unwrap();
        assert!(watch.resident_memory().unwrap().unwrap() > 4096);
    }
}
