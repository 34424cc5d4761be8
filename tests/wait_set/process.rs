//! # Safety
//!
//! What a set holds of its process, and what a forked child can do with it. The file opts into
//! unsafe code to fork.

use crate::{assert_silent, wait_for};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Interest, ReadyKind, WaitError, WaitSet};
use slotcast_tests::holdings::Holdings;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Waits in vain, adds and removes, many times, in a process of its own.
#[test]
fn child_waits_and_gives_up() {
    testing::process(|script| {
        let mut set = WaitSet::new().unwrap();
        let (here, _there) = UnixStream::pair().unwrap();
        let (_, _trigger) = set.trigger().unwrap();
        let mut cycle = |count: u32| {
            for number in 0..count {
                let descriptor = set.add_descriptor(&here, Interest::Readable).unwrap();
                let clock = set.interval(Duration::from_secs(1000)).unwrap();
                let (key, trigger) = set.trigger().unwrap();
                assert!(set.wait_timeout(Duration::from_nanos(u64::from(number % 100))).unwrap().is_empty());
                trigger.fire();
                assert_eq!(wait_for(&mut set, key), ReadyKind::Triggered);
                for key in [descriptor, clock, key] {
                    set.remove(key).unwrap();
                }
            }
        };
        cycle(1000);
        let before = Holdings::now();
        cycle(100_000);
        let after = Holdings::now();
        assert_eq!((after.descriptors, after.mappings), (before.descriptors, before.mappings));
        assert!(after.resident_kib <= before.resident_kib + 512, "{before:?}, then {after:?}");
        script.say("as before");
    });
}

#[test]
fn a_hundred_thousand_waits_leave_nothing() {
    let domain = TempDomain::new();
    let mut other = Process::start("process::child_waits_and_gives_up", &domain, &[]);
    other.expect("as before");
    other.finish();
}

/// Runs something in a fork of this process. Returns whether it completed.
fn succeeds_in_child(work: impl FnOnce() -> bool) -> bool {
    // SAFETY: only this thread of the process does anything, and the child only runs `work`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        // SAFETY: exits the child without running anything else of it.
        unsafe { libc::_exit(i32::from(!matches!(result, Ok(true)))) }
    }
    let mut status = -1;
    // SAFETY: it is our child, and `status` is a valid reference.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    status == 0
}

/// Forks a child that tries everything with a set of its parent.
#[test]
fn child_forks() {
    testing::process(|script| {
        let mut set = WaitSet::new().unwrap();
        let (here, mut there) = UnixStream::pair().unwrap();
        let descriptor = set.add_descriptor(&here, Interest::Readable).unwrap();
        let (triggered, trigger) = set.trigger().unwrap();
        let clock = set.interval(Duration::from_secs(1000)).unwrap();
        let harmless = succeeds_in_child(|| {
            let set = &mut set;
            trigger.fire();
            let all = [
                set.wait().err(),
                set.wait_timeout(Duration::ZERO).err(),
                set.interval(Duration::from_nanos(1)).err(),
                set.trigger().err(),
                set.add_descriptor(&here, Interest::Readable).err(),
                set.remove(descriptor).err(),
                set.remove(triggered).err(),
            ];
            let mut own = WaitSet::new().unwrap();
            let (key, trigger) = own.trigger().unwrap();
            trigger.fire();
            all.iter().all(|error| matches!(error, Some(WaitError::Forked)))
                && wait_for(&mut own, key) == ReadyKind::Triggered
        });
        assert!(harmless);
        assert_silent(&mut set);
        std::io::Write::write_all(&mut there, b"x").unwrap();
        assert!(matches!(wait_for(&mut set, descriptor), ReadyKind::Descriptor { readable: true, .. }));
        set.remove(descriptor).unwrap();
        trigger.fire();
        assert_eq!(wait_for(&mut set, triggered), ReadyKind::Triggered);
        set.remove(clock).unwrap();
        script.say("in order");
    });
}

#[test]
fn a_child_cannot_disturb_the_set_of_its_parent() {
    let domain = TempDomain::new();
    let mut other = Process::start("process::child_forks", &domain, &[]);
    other.expect("in order");
    other.finish();
}

/// Uses up all descriptors, and reports the error.
#[test]
fn child_runs_short() {
    testing::process(|script| {
        let mut set = WaitSet::new().unwrap();
        let (here, mut there) = UnixStream::pair().unwrap();
        let key = set.add_descriptor(&here, Interest::Readable).unwrap();
        let none = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
        // SAFETY: the call reads one `struct rlimit`.
        let result = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const none) };
        assert_eq!(result, 0);
        script.say(&WaitSet::new().unwrap_err().to_string());
        script.say(&set.trigger().unwrap_err().to_string());
        script.say(&set.add_descriptor(&here, Interest::Readable).unwrap_err().to_string());
        // What was added before still works.
        std::io::Write::write_all(&mut there, b"x").unwrap();
        assert!(matches!(wait_for(&mut set, key), ReadyKind::Descriptor { readable: true, .. }));
        assert_eq!(set.len(), 1);
    });
}

#[test]
fn an_error_for_lack_of_descriptors_says_what_to_do() {
    let domain = TempDomain::new();
    let mut other = Process::start("process::child_runs_short", &domain, &[]);
    for doing in ["create a wait set", "create a trigger", "add to a wait set"] {
        let reported = other.listen();
        let (head, tail) = (format!("cannot {doing}: "), "; raise its limit (`ulimit -n`)");
        assert!(reported.starts_with(&head) && reported.ends_with(tail), "{reported}");
    }
    other.finish();
}

#[test]
fn a_set_can_wait_in_another_thread() {
    fn of_any_thread<T: Send + Sync>() {}
    of_any_thread::<WaitSet>();
    of_any_thread::<slotcast::Trigger>();
    of_any_thread::<slotcast::EventFd>();
    let mut set = WaitSet::new().unwrap();
    let (key, trigger) = set.trigger().unwrap();
    let waiting = std::thread::spawn(move || wait_for(&mut set, key));
    trigger.fire();
    assert_eq!(waiting.join().unwrap(), ReadyKind::Triggered);
}
