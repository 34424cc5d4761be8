//! How the end of another process is seen.
//!
//! A pidfd is readable once its process has ended, reaped or not. But a process that is killed first gives back its
//! memory, which takes 100 ms for each GiB or so, and only then closes its files and is said to have ended. What shows
//! at once is that it has no memory any more: `/proc/<pid>/statm` is zero.

use super::poll::end_of_process;
use rustix::event::{PollFd, PollFlags};
use rustix::time::Timespec;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A descriptor that is readable once a process has ended.
#[derive(Debug)]
pub(crate) struct Ending {
    pid: u32,
    descriptor: OwnedFd,
}

impl Ending {
    /// That of the process that has this number now.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        Ok(Self { pid, descriptor: end_of_process(pid)? })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the process has ended.
    pub(crate) fn has_come(&self) -> io::Result<bool> {
        let mut descriptors = [PollFd::new(&self.descriptor, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        Ok(rustix::io::retry_on_intr(|| rustix::event::poll(&mut descriptors, Some(&now)))? != 0)
    }

    /// The bytes of memory that the process has; nothing if it has ended, or is giving them back. Takes some
    /// microseconds. An error where `/proc` does not show it.
    pub(crate) fn memory(&self) -> io::Result<Option<u64>> {
        let mut memory = resident(&format!("/proc/{}/statm", self.pid));
        if let Ok(None) = memory {
            // A first thread that has ended has none either, while others run on.
            memory = self.memory_of_threads();
        }
        // Last: only if it has not ended now, the number was its own all the time.
        if self.has_come()? { Ok(None) } else { memory }
    }

    fn memory_of_threads(&self) -> io::Result<Option<u64>> {
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.pid))? {
            match resident(&format!("{}/statm", thread?.path().display())) {
                Ok(None) => {}
                Err(error) if super::error::is_of_the_gone(&error) => {} // it has just ended
                other => return other,
            }
        }
        Ok(None)
    }
}

impl AsFd for Ending {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// What a file like `/proc/<pid>/statm` says: pages in all, and those that are in memory.
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
    fn the_end_shows_though_nobody_has_waited_for_it() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let ending = Ending::of(child.id()).unwrap();
        assert!(!ending.has_come().unwrap());
        assert!(ending.memory().unwrap().is_some());
        child.kill().unwrap();
        let start = std::time::Instant::now();
        while !ending.has_come().unwrap() {
            assert!(start.elapsed().as_secs() < 60);
        }
        assert_eq!(ending.memory().unwrap(), None);
        child.wait().unwrap();
        assert_eq!(ending.memory().unwrap(), None);
    }

    #[test]
    fn this_process_lives_and_has_memory() {
        let ending = Ending::of(std::process::id()).unwrap();
        assert!(ending.memory().unwrap().unwrap() > 4096);
    }
}
