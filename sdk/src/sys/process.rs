//! This process, its user and its clocks.
//!
//! # Safety
//!
//! With the feature `testing` the file opts into unsafe code for `raise`, which takes a number.
#![cfg_attr(feature = "testing", allow(unsafe_code, reason = "raise is a foreign function"))]

use rustix::time::{ClockId, clock_gettime};
use std::io;
use std::path::Path;

/// The effective user, who owns what this process makes.
pub(crate) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// This process's number, as it sees it itself.
pub(crate) fn pid() -> u32 {
    std::process::id()
}

/// The name under which this program was started, without its folder.
pub(crate) fn program() -> String {
    let argument = std::env::args_os().next().unwrap_or_default();
    Path::new(&argument).file_name().map_or_else(|| "?".into(), |name| name.to_string_lossy().into_owned())
}

/// Whether other processes of this user, with no more rights than a user has, can open this one's descriptors: it is
/// dumpable, and has no capabilities. (For root it is asked of root.)
pub(crate) fn is_open_to_siblings() -> bool {
    use rustix::process::DumpableBehavior;
    let dumpable = rustix::process::dumpable_behavior().is_ok_and(|it| it == DumpableBehavior::Dumpable);
    let plain = user() == 0 || rustix::thread::capabilities(None).is_ok_and(|sets| sets.permitted.is_empty());
    dumpable && plain
}

/// Whether a process has ended, or is about to and runs nothing of its program any more. Its descriptors, and so its
/// locks, can still be open.
pub(crate) fn has_ended(pid: u32) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => {
            let mut ends = [PollFd::new(&process, PollFlags::IN)];
            poll(&mut ends, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ended| ended != 0)
                || is_exiting(pid.as_raw_nonzero().get().unsigned_abs()) == Some(true)
        }
        Err(error) => error == rustix::io::Errno::SRCH,
    }
}

/// Returns whether a process runs nothing of its program any more, though its memory, descriptors and locks may still be
/// there: it exits, which takes as long as giving memory back does, or the kernel writes its memory to a core file, which takes
/// seconds. `None` if there is no such process, or it cannot be seen.
pub(crate) fn is_exiting(pid: u32) -> Option<bool> {
    if has_exiting_flags(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?) {
        return Some(true);
    }
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(status.lines().any(|line| line == "CoreDumping:\t1"))
}

/// Returns what `/proc/<pid>/stat` says.
fn has_exiting_flags(stat: &str) -> bool {
    /// `PF_EXITING` of `include/linux/sched.h`.
    const EXITING: u64 = 4;
    // After the name, which can have any characters, in parentheses.
    let Some((_, after)) = stat.rsplit_once(") ") else { return false };
    let mut fields = after.split(' ');
    let is_dead = fields.next().is_some_and(|state| matches!(state, "Z" | "X" | "x"));
    let flags = fields.nth(5).and_then(|flags| flags.parse::<u64>().ok()).unwrap_or(0);
    is_dead || flags & EXITING != 0
}

/// Returns a number for the PID namespace of this process: the same in all processes that know each other by the same
/// numbers. 0 if it cannot be seen.
pub(crate) fn pid_namespace() -> u64 {
    rustix::fs::stat("/proc/self/ns/pid").map_or(0, |status| status.st_ino)
}

/// Returns the processes of this user, as far as they can be looked into, that have a file open, with the names of
/// their programs. Slow: for errors alone.
pub(crate) fn holders(of: super::file::Identity) -> Vec<(u32, String)> {
    let is_it = |path: std::path::PathBuf| {
        rustix::fs::stat(path).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == (of.device, of.inode))
    };
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let holds = |pid: &u32| {
        let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd"));
        descriptors.is_ok_and(|mut descriptors| descriptors.any(|entry| entry.is_ok_and(|entry| is_it(entry.path()))))
    };
    let name =
        |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned();
    numbers.filter(|&pid| pid != self::pid()).filter(holds).map(|pid| (pid, name(pid))).collect()
}

/// Whether a process stands still: by SIGSTOP, a debugger, or because its container is frozen. Nothing if that cannot be seen.
pub(crate) fn is_stopped(pid: u32) -> Option<bool> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the name, which can have any characters, in parentheses.
    let (_, after) = status.rsplit_once(") ")?;
    Some(after.starts_with(['T', 't']) || is_frozen(pid))
}

/// Returns whether the control group of a process is frozen, where groups are those of version 2.
fn is_frozen(pid: u32) -> bool {
    let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    let Some(group) = groups.lines().find_map(|line| line.strip_prefix("0::")) else { return false };
    let events = std::fs::read_to_string(format!("/sys/fs/cgroup{group}/cgroup.events"));
    events.is_ok_and(|events| events.lines().any(|line| line == "frozen 1"))
}

/// Gives the processor to others for a time.
pub(crate) fn sleep(time: std::time::Duration) {
    std::thread::sleep(time);
}

/// Nanoseconds of the clock that never goes back and stands still in suspend (`CLOCK_MONOTONIC`). One call of
/// the vDSO, about 20 ns, so it is not worth the room to inline it.
pub(crate) fn monotonic_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    #[expect(clippy::cast_sign_loss, reason = "the clock starts at zero")]
    let (seconds, nanoseconds) = (time.tv_sec as u64, time.tv_nsec as u64);
    seconds * 1_000_000_000 + nanoseconds
}

/// 64 random bits.
#[expect(clippy::cast_possible_truncation, reason = "half of them are enough")]
pub(crate) fn random_word() -> io::Result<u64> {
    random().map(|bits| bits as u64)
}

/// 128 random bits: an identity that is never used twice.
pub(crate) fn random() -> io::Result<u128> {
    let mut bytes = [0_u8; 16];
    let mut filled = 0;
    while filled < bytes.len() {
        let rest = &mut bytes[filled..];
        filled +=
            rustix::io::retry_on_intr(|| rustix::rand::getrandom(&mut *rest, rustix::rand::GetRandomFlags::empty()))?;
    }
    Ok(u128::from_ne_bytes(bytes))
}

#[cfg(feature = "testing")]
pub(crate) use rustix::process::Signal;

/// Sends a signal to this thread: unlike one to the process it takes effect before this returns.
#[cfg(feature = "testing")]
pub(crate) fn raise(signal: Signal) {
    // SAFETY: raise takes any number and touches no memory.
    let result = unsafe { libc::raise(signal.as_raw()) };
    assert_eq!(result, 0, "a thread can signal itself");
}

/// Sends a signal to a process.
#[cfg(feature = "testing")]
pub(crate) fn signal(pid: u32, signal: Signal) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
    Ok(rustix::process::kill_process(pid, signal)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_of_a_process_is_understood() {
        for (stat, is_exiting) in [
            ("7 (a) b) S 1 7 7 0 -1 4194304 0 0", false),
            ("7 (a) b) R 1 7 7 0 -1 4194308 0 0", true),
            ("7 (a) Z 1 7 7 0 -1 4194304 0 0", true),
            ("", false),
            ("7 (a) S", false),
        ] {
            assert_eq!(has_exiting_flags(stat), is_exiting, "{stat}");
        }
        assert!(is_exiting(pid()) == Some(false) && !has_ended(pid()));
        assert_eq!(is_stopped(pid()), Some(false));
        assert_ne!(pid_namespace(), 0);
    }

    #[test]
    fn a_process_that_nobody_has_waited_for_exits() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        while is_exiting(child.id()) != Some(true) {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert_eq!(is_exiting(child.id()), None);
    }
}
