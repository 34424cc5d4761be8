//! What this process holds: descriptors, mappings, memory.

use slotcast::testing::{TempDomain, until};
use std::fs;
use std::time::Duration;

/// A count of what a process holds. Count in a child process: other tests of the same binary hold
/// things too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// The number of open descriptors.
    pub descriptors: usize,
    /// The number of mappings.
    pub mappings: usize,
    /// Resident memory in KiB, without pages of files: which of the program's code is resident
    /// changes by itself.
    pub resident_kib: usize,
}

impl Holdings {
    /// Counts what this process holds now.
    ///
    /// # Panics
    /// If `/proc` cannot be read.
    pub fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").expect("/proc");
        let kib_of = |name: &str| -> usize {
            let size = status.lines().find_map(|line| line.strip_prefix(name)).expect("a size");
            size.trim().trim_end_matches(" kB").parse().expect("a number of kB")
        };
        Self {
            descriptors: fs::read_dir("/proc/self/fd").expect("/proc").count(),
            mappings: fs::read_to_string("/proc/self/maps").expect("/proc").lines().count(),
            resident_kib: kib_of("RssAnon:") + kib_of("RssShmem:"),
        }
    }
}

/// Returns the processor time that this thread has used.
///
/// # Panics
/// If the kernel's clock is invalid.
pub fn processor_time() -> Duration {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime).try_into().expect("a time")
}

/// Asserts that the domain is empty.
///
/// # Panics
/// If anything is left in it.
#[track_caller]
pub fn assert_nothing_left(domain: &TempDomain) {
    let left: Vec<_> = domain.leftovers().into_iter().flat_map(|path| [vec![path.clone()], inside(&path)]).collect();
    assert_eq!(left.concat(), [] as [std::path::PathBuf; 0], "left in the domain");
}

fn inside(path: &std::path::Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(path).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

/// Returns the names in a topic's directory, sorted.
///
/// # Panics
/// If it cannot be read.
pub fn names(domain: &TempDomain, topic: &str) -> Vec<String> {
    let path = domain.path().join(topic);
    let mut names: Vec<_> = match fs::read_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        entries => entries
            .expect("a directory")
            .map(|entry| entry.expect("a name").file_name().into_string().expect("UTF-8"))
            .collect(),
    };
    names.sort();
    names
}

/// Waits until a killed process has exited and its locks are free: closing its files takes the
/// kernel a moment.
///
/// # Panics
/// If it does not exit.
pub fn wait_until_exited(pid: u32) {
    until("the process has exited", || !fs::exists(format!("/proc/{pid}")).unwrap_or(true));
}

/// Returns whether this is root. Some tests need what only root can do.
pub fn is_root() -> bool {
    // SAFETY: the call takes no arguments and cannot fail.
    unsafe { libc::geteuid() == 0 }
}
