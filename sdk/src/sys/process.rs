//! This process, its user and its clocks.
//!
//! # Safety
//!
//! With the feature `testing` the file opts into unsafe code for `raise`, which takes a number.
#![cfg_attr(feature = "testing", allow(unsafe_code, reason = "raise is a foreign function"))]

use super::fork;
use crate::sync::Word;
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::io;
use std::path::Path;

/// Returns the effective user, which owns everything that this process creates.
pub(crate) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Returns this process's number, in its own PID namespace.
pub(crate) fn pid() -> u32 {
    std::process::id()
}

/// Returns the name under which this program was started, without its directory.
pub(crate) fn program() -> String {
    let argument = std::env::args_os().next().unwrap_or_default();
    Path::new(&argument).file_name().map_or_else(|| "?".into(), |name| name.to_string_lossy().into_owned())
}

/// Returns whether other processes of this user, without special rights, can open this one's
/// descriptors: it is dumpable and has no capabilities. (Root's capabilities do not count, because
/// its other processes have them too.)
pub(crate) fn is_open_to_siblings() -> bool {
    use rustix::process::DumpableBehavior;
    let dumpable = rustix::process::dumpable_behavior().is_ok_and(|it| it == DumpableBehavior::Dumpable);
    let unprivileged = user() == 0 || rustix::thread::capabilities(None).is_ok_and(|sets| sets.permitted.is_empty());
    dumpable && unprivileged
}

/// Returns a number for the PID namespace of this process: the same in all processes that know each
/// other by the same numbers. 0 if it cannot be seen.
///
/// A process stays in its namespace, and asking costs 10 µs. So the answer is kept, for this
/// process and for no child that was forked from it.
pub(crate) fn pid_namespace() -> u64 {
    /// What the answer is for: 0 if there is none.
    static PROCESS: Word = Word::new(0);
    static ANSWER: Word = Word::new(0);
    let process = fork::epoch() << 32 | u64::from(pid());
    if PROCESS.load_acquire() == process {
        return ANSWER.load_relaxed();
    }
    let answer = rustix::fs::stat("/proc/self/ns/pid").map_or(0, |status| status.st_ino);
    ANSWER.store_relaxed(answer);
    PROCESS.store_release(process); // after the answer, which is the same in all threads
    answer
}

/// Returns the processes that have a file open, with the names of their programs, as far as this
/// process can inspect them. Slow: only for error texts.
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

/// Returns whether a process is stopped: by SIGSTOP, by a debugger, or because its container is
/// frozen. Returns `None` if this process cannot see that.
pub(crate) fn is_stopped(pid: u32) -> Option<bool> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The state follows the name, which is in parentheses and can have any characters.
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

/// Suspends this thread for `time`.
pub(crate) fn sleep(time: std::time::Duration) {
    std::thread::sleep(time);
}

/// Returns the nanoseconds of `CLOCK_MONOTONIC`, which never goes back and stands still during
/// suspend. It is one call of the vDSO, about 20 ns, so inlining it is not worth the code size.
pub(crate) fn monotonic_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// Returns the nanoseconds of `CLOCK_MONOTONIC_COARSE`: those of `CLOCK_MONOTONIC` at the last tick.
pub(crate) fn coarse_monotonic_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::MonotonicCoarse))
}

fn nanoseconds(time: Timespec) -> u64 {
    #[expect(clippy::cast_sign_loss, reason = "the clock starts at zero")]
    let (seconds, nanoseconds) = (time.tv_sec as u64, time.tv_nsec as u64);
    seconds * 1_000_000_000 + nanoseconds
}

/// Returns the time of `CLOCK_REALTIME` in nanoseconds since 1970. It can be set, also back. A time
/// before 1970 is 0.
pub(crate) fn realtime_ns() -> u64 {
    let time = clock_gettime(ClockId::Realtime);
    let since_1970 = u64::try_from(time.tv_sec).ok().zip(u64::try_from(time.tv_nsec).ok());
    since_1970.map_or(0, |(seconds, nanoseconds)| seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
}

/// Returns 64 random bits.
#[expect(clippy::cast_possible_truncation, reason = "half of the bits are enough")]
pub(crate) fn random_word() -> io::Result<u64> {
    random().map(|bits| bits as u64)
}

/// Returns 128 random bits: an identity that is never used twice.
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

/// Sends a signal to this thread. Unlike one to the process, it takes effect before this returns.
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
    fn this_process_is_not_stopped_and_has_a_namespace() {
        assert_eq!(is_stopped(pid()), Some(false));
        assert_ne!(pid_namespace(), 0);
    }
}
