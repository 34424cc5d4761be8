//! The processes that were started and live, so that all of them can be ended before what they have
//! created is removed.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Their ids, and descriptors by which another process of the same id is not mistaken for them.
static LIVING: Mutex<Vec<(u32, OwnedFd)>> = Mutex::new(Vec::new());

/// The right to start and to end processes, and to create folders for them.
pub(super) struct Living(MutexGuard<'static, Vec<(u32, OwnedFd)>>);

impl Living {
    /// Waits while processes are started or ended elsewhere: for ever once all were ended.
    pub(super) fn lock() -> Self {
        Self(LIVING.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn add(&mut self, child: &Child) -> io::Result<()> {
        let pid = Pid::from_child(child);
        self.0.push((child.id(), pidfd_open(pid, PidfdFlags::empty())?));
        Ok(())
    }

    pub(super) fn remove(&mut self, child: &Child) {
        self.0.retain(|(pid, _)| *pid != child.id());
    }
}

/// Ends all processes of all pairs, and waits until they are gone. None can be started afterwards.
pub(crate) fn end_all() {
    let Living(living) = Living::lock();
    for (_, process) in living.iter() {
        // It may have ended by itself.
        let _ = pidfd_send_signal(process, Signal::KILL);
    }
    for (_, process) in living.iter() {
        while poll(&mut [PollFd::new(process, PollFlags::IN)], None) == Err(io::Errno::INTR) {}
    }
    std::mem::forget(living);
}
