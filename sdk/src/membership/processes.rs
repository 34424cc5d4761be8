//! The processes of members, as far as this process can see them.
//!
//! A process that is killed keeps its files locked until its memory is freed, which takes long for
//! a large one. That the process itself has ended is seen at once.

use crate::registry::Handle;
use crate::sys::error::is_shortage;
use crate::sys::exit::ExitWatch;
use crate::sys::poll::{Interest, Poll};
use crate::sys::process;
use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

/// The size in bytes from which a process takes some 20 ms or more to free its memory when it is
/// killed. Larger processes are checked more often.
const LARGE: u64 = 256 << 20;
/// The interval at which the size of a process is checked.
const SIZE_CHECK: Duration = Duration::from_secs(1);

/// Processes that are watched, each for any number of members.
pub(super) struct Processes {
    watched: HashMap<u64, Process>,
    next_key: u64,
}

struct Process {
    exit: ExitWatch,
    has_ended: bool,
    /// Whether its descriptor is polled.
    is_polled: bool,
    is_large: bool,
    checked_at: Instant,
}

impl Processes {
    /// Creates an empty set. The keys of its descriptors begin with `first_key`.
    pub(super) fn new(first_key: u64) -> Self {
        Self { watched: HashMap::new(), next_key: first_key }
    }

    /// Watches the process that holds a member's memory, and returns its key. Returns `None` if
    /// that process cannot be identified: the number in an entry is that of the member's own PID
    /// namespace, which may be another one.
    ///
    /// # Errors
    /// When this process is short of something.
    pub(super) fn watch(&mut self, handle: &Handle, poll: &Poll) -> io::Result<Option<u64>> {
        let known = self.watched.iter().find(|(_, known)| known.exit.pid() == handle.pid && !known.has_ended);
        if let Some((&key, process)) = known {
            return Ok(is_of(&process.exit, handle)?.then_some(key));
        }
        let exit = match ExitWatch::of(handle.pid) {
            Ok(exit) => exit,
            Err(error) if is_shortage(&error) => return Err(error),
            Err(_) => return Ok(None),
        };
        if !is_of(&exit, handle)? {
            return Ok(None);
        }
        let key = self.next_key;
        poll.add(&exit, key, Interest::Readable)?;
        self.next_key += 1;
        let checked_at = Instant::now();
        let mut process = Process { exit, has_ended: false, is_polled: true, is_large: false, checked_at };
        process.check_memory();
        self.watched.insert(key, process);
        Ok(Some(key))
    }

    /// Notes that the descriptor of this key is readable. Returns whether that is news.
    pub(super) fn end(&mut self, key: u64, poll: &Poll) -> io::Result<bool> {
        match self.watched.get_mut(&key) {
            Some(process) if process.is_polled => {
                process.has_ended = true;
                process.unpoll(poll)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Checks which large processes have freed their memory, and now and then which processes are
    /// large.
    pub(super) fn check_memory(&mut self, now: Instant) {
        for process in self.watched.values_mut() {
            if !process.has_ended && (process.is_large || now.duration_since(process.checked_at) >= SIZE_CHECK) {
                process.checked_at = now;
                process.check_memory();
            }
        }
    }

    pub(super) fn has_ended(&self, key: u64) -> bool {
        self.watched.get(&key).is_some_and(|process| process.has_ended)
    }

    /// Returns whether a process is so large that it must be checked often.
    pub(super) fn has_large(&self) -> bool {
        self.watched.values().any(|process| process.is_large && !process.has_ended)
    }

    /// Stops watching processes that are not needed any more.
    pub(super) fn retain(&mut self, poll: &Poll, is_needed: impl Fn(u64) -> bool) {
        self.watched.retain(|&key, process| {
            let is_needed = is_needed(key);
            if !is_needed {
                // It can only fail if the descriptor is not polled.
                let _ = process.unpoll(poll);
            }
            is_needed
        });
    }
}

/// Returns whether a process that was opened by its number is the one that holds a member's memory.
fn is_of(exit: &ExitWatch, handle: &Handle) -> io::Result<bool> {
    // In this order: if the process that was opened has not ended after somebody was seen to hold
    // the memory, it is the one.
    Ok(handle.is_held() && !exit.has_exited()?)
}

impl Process {
    /// Stops polling its descriptor. Closing it would not be enough: a forked child may have a
    /// copy.
    fn unpoll(&mut self, poll: &Poll) -> io::Result<()> {
        if std::mem::take(&mut self.is_polled) { poll.remove(&self.exit) } else { Ok(()) }
    }

    fn check_memory(&mut self) {
        if self.exit.pid() == process::pid() {
            return; // this process does not see its own end
        }
        match self.exit.resident_memory() {
            Ok(Some(bytes)) => self.is_large = bytes >= LARGE,
            // Its descriptor stays polled until it is readable, too.
            Ok(None) => self.has_ended = true,
            Err(_) => {} // its memory cannot be seen: its descriptor shows the end, somewhat later
        }
    }
}
