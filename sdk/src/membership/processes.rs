//! The processes of members, as far as they can be seen from here. Of a process that is killed all files stay locked until
//! its memory is given back, which takes long for a large one; the process itself is seen to end at once.

use crate::registry::Handle;
use crate::sys::ending::Ending;
use crate::sys::error::is_shortage;
use crate::sys::poll::{Interest, Poll};
use crate::sys::process;
use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

/// From this size on a process that is killed takes some 20 ms and more to give its memory back, and is looked at more
/// often.
const LARGE: u64 = 256 << 20;
/// How often it is looked whether a process has become large.
const SIZE: Duration = Duration::from_secs(1);

/// Processes that are watched, one for any number of members.
pub(super) struct Processes {
    watched: HashMap<u64, Process>,
    next_key: u64,
}

struct Process {
    ending: Ending,
    has_ended: bool,
    /// Whether its descriptor is in the set of those that are waited for.
    is_awaited: bool,
    is_large: bool,
    looked_at: Instant,
}

impl Processes {
    /// None yet. In a set of descriptors their keys begin with `first_key`.
    pub(super) fn new(first_key: u64) -> Self {
        Self { watched: HashMap::new(), next_key: first_key }
    }

    /// Watches the process that holds a member's memory, and returns its key. Nothing if it cannot be seen that there is
    /// one: an entry's number of a process is that of its own namespace, in which we may not be.
    ///
    /// # Errors
    /// When this process is short of something.
    pub(super) fn watch(&mut self, handle: &Handle, poll: &Poll) -> io::Result<Option<u64>> {
        let known = self.watched.iter().find(|(_, known)| known.ending.pid() == handle.pid && !known.has_ended);
        let known = known.map(|(&key, process)| (key, &process.ending));
        let opened = match known {
            Some(_) => None,
            None => match Ending::of(handle.pid) {
                Ok(ending) => Some(ending),
                Err(error) if is_shortage(&error) => return Err(error),
                Err(_) => return Ok(None),
            },
        };
        let ending = opened.as_ref().or(known.map(|(_, ending)| ending));
        let Some(ending) = ending else { return Ok(None) };
        // In this order: a process that has not ended after it was seen to hold the memory is the one that was opened.
        if !handle.is_held() || ending.has_come()? {
            return Ok(None);
        }
        match (known, opened) {
            (Some((key, _)), _) => Ok(Some(key)),
            (None, Some(ending)) => {
                let key = self.next_key;
                poll.add(&ending, key, Interest::Readable)?;
                self.next_key += 1;
                let looked_at = Instant::now();
                let mut process = Process { ending, has_ended: false, is_awaited: true, is_large: false, looked_at };
                process.look();
                self.watched.insert(key, process);
                Ok(Some(key))
            }
            (None, None) => Ok(None),
        }
    }

    /// The descriptor of this key is readable. Whether that is news.
    pub(super) fn end(&mut self, key: u64, poll: &Poll) -> io::Result<bool> {
        match self.watched.get_mut(&key) {
            Some(process) if process.is_awaited => {
                process.has_ended = true;
                process.forget(poll)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Looks which of the large ones give their memory back, and now and then which are large.
    pub(super) fn look(&mut self, now: Instant) {
        for process in self.watched.values_mut() {
            if !process.has_ended && (process.is_large || now.duration_since(process.looked_at) >= SIZE) {
                process.looked_at = now;
                process.look();
            }
        }
    }

    pub(super) fn has_ended(&self, key: u64) -> bool {
        self.watched.get(&key).is_some_and(|process| process.has_ended)
    }

    /// Whether one is so large that it must be looked at often.
    pub(super) fn has_large(&self) -> bool {
        self.watched.values().any(|process| process.is_large && !process.has_ended)
    }

    /// Watches those alone that are still needed.
    pub(super) fn retain(&mut self, poll: &Poll, is_needed: impl Fn(u64) -> bool) {
        self.watched.retain(|&key, process| {
            let is_needed = is_needed(key);
            if !is_needed {
                // It can only fail because it is not waited for.
                let _ = process.forget(poll);
            }
            is_needed
        });
    }
}

impl Process {
    /// Waits for it no more. Closing its descriptor would not be enough: a child that was forked may have it, too.
    fn forget(&mut self, poll: &Poll) -> io::Result<()> {
        if std::mem::take(&mut self.is_awaited) { poll.remove(&self.ending) } else { Ok(()) }
    }

    fn look(&mut self) {
        if self.ending.pid() == process::pid() {
            return; // this one would not be told of its own end
        }
        match self.ending.memory() {
            // While the kernel writes its memory to a core file, all of it is there.
            Ok(Some(_)) if process::is_exiting(self.ending.pid()) == Some(true) => self.has_ended = true,
            Ok(Some(bytes)) => self.is_large = bytes >= LARGE,
            // It stays in the set of descriptors until that tells it, too.
            Ok(None) => self.has_ended = true,
            Err(_) => {} // not to be seen here: its descriptor tells, somewhat later
        }
    }
}
