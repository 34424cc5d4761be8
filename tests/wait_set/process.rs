//! # Safety
//!
//! What a set holds of the process, and what a child of it can do. The file opts into unsafe code to fork.

use crate::{assert_silent, wait_for};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Interest, ReadyKind, WaitError, WaitSet};
use slotcast_tests::holdings::Holdings;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Waits in vain, adds and removes, many times, in a process that does nothing else.
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

/// Runs something in a fork of this process and returns whether it came to its end.
fn succeeds_in_child(work: impl FnOnce() -> bool) -> bool {
    // SAFETY: the process has one thread that does anything, and the child does nothing but `work`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        // SAFETY: ends the child without running anything more of it.
        unsafe { libc::_exit(i32::from(!matches!(result, Ok(true)))) }
    }
    let mut status = -1;
    // SAFETY: it is our child, and the status is ours.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    status == 0
}

/// Has a child that tries all it can with a set of its parent.
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

/// Has no descriptor left, and says what it is told then.
#[test]
fn child_runs_short() {
    testing::process(|script| {
        let mut set = WaitSet::new().unwrap();
        let (here, mut there) = UnixStream::pair().unwrap();
        let key = set.add_descriptor(&here, Interest::Readable).unwrap();
        let none = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
        // SAFETY: it reads one `struct rlimit`.
        let result = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const none) };
        assert_eq!(result, 0);
        script.say(&WaitSet::new().unwrap_err().to_string());
        script.say(&set.trigger().unwrap_err().to_string());
        script.say(&set.add_descriptor(&here, Interest::Readable).unwrap_err().to_string());
        // What is there already works.
        std::io::Write::write_all(&mut there, b"x").unwrap();
        assert!(matches!(wait_for(&mut set, key), ReadyKind::Descriptor { readable: true, .. }));
        assert_eq!(set.len(), 1);
    });
}

#[test]
fn who_runs_short_is_told_what_to_do() {
    let domain = TempDomain::new();
    let mut other = Process::start("process::child_runs_short", &domain, &[]);
    for doing in ["make a wait set", "make a trigger", "add to a wait set"] {
        let said = other.listen();
        let (head, tail) = (format!("cannot {doing}: "), "; raise its limit (`ulimit -n`)");
        assert!(said.starts_with(&head) && said.ends_with(tail), "{said}");
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
