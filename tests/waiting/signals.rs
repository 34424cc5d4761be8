//! # Safety
//!
//! Waits in a process that receives a signal every half millisecond: none is ended by one. The file
//! opts into unsafe code to set up these signals.

use super::descriptors::is_readable;
use super::{publisher, subscriber};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Interest, Wait, WaitSet};
use std::time::{Duration, Instant};

extern "C" fn nothing(_: libc::c_int) {}

/// Sends signals to this thread from now on, until the process ends. They interrupt whatever can be
/// interrupted.
fn interrupt_constantly() {
    // SAFETY: all zeros is a valid action, and the fields that matter are set.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: the call reads one action, whose handler does nothing.
    let result = unsafe { libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut()) };
    assert_eq!(result, 0);
    let process = std::process::id();
    // SAFETY: the call takes no arguments.
    let thread = unsafe { libc::gettid() };
    std::thread::spawn(move || {
        // SAFETY: the call takes only numbers.
        while unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGALRM) } == 0 {
            std::thread::sleep(Duration::from_micros(500));
        }
    });
}

#[test]
fn child_echoes_while_interrupted() {
    testing::process(|script| {
        let mut requests = subscriber(script.domain(), "request", Wait::Sleep);
        let mut replies = publisher(script.domain(), "reply");
        interrupt_constantly();
        let event_fd = requests.event_fd().unwrap();
        let mut set = WaitSet::new().unwrap();
        let key = set.add(&event_fd).unwrap();
        let mut membership = requests.membership().unwrap();
        set.add_descriptor(&membership, Interest::Readable).unwrap();
        for time in [Duration::ZERO, Duration::from_millis(30)] {
            let start = Instant::now();
            assert!(requests.recv_timeout(time).unwrap().is_none());
            assert!(!requests.wait_for_publishers(9, time).unwrap());
            assert!(!replies.wait_for_subscribers(9, time).unwrap());
            assert!(start.elapsed() >= 3 * time);
            while membership.next_timeout(time).unwrap().is_some() {}
            assert!(requests.try_recv().unwrap().is_none());
            let start = Instant::now();
            while !set.wait_timeout(time).unwrap().is_empty() {
                while membership.try_next().unwrap().is_some() || requests.try_recv().unwrap().is_some() {}
            }
            assert!(start.elapsed() >= time);
        }
        script.say("ready");
        for number in 0.. {
            match number % 3 {
                0 => {}
                1 => assert!(is_readable(&event_fd, testing::PATIENCE)),
                _ => while !set.wait().unwrap().iter().any(|ready| ready.key == key) {},
            }
            let number = *requests.recv().unwrap();
            replies.publish(&number).unwrap();
            if number == u64::MAX {
                break;
            }
        }
    });
}

#[test]
fn no_signal_ends_a_wait() {
    let domain = TempDomain::new();
    let mut replies = subscriber(&domain, "reply", Wait::default());
    let mut requests = publisher(&domain, "request");
    let mut other = Process::start("signals::child_echoes_while_interrupted", &domain, &[]);
    other.expect("ready");
    for number in (0..500).chain([u64::MAX]) {
        requests.publish(&number).unwrap();
        assert_eq!(*replies.recv_timeout(testing::PATIENCE).unwrap().expect("a reply"), number);
    }
    other.finish();
}
