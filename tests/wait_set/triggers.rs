//! # Safety
//!
//! Triggers fired by other threads and by signal handlers; waits in a storm of signals. The file
//! opts into unsafe code for the handlers, which only fire a trigger.

use crate::{SILENCE, assert_silent, sleeps, wait_for};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{ReadyKind, Trigger, WaitSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[test]
fn a_trigger_is_reported_once_however_often_it_is_fired() {
    let mut set = WaitSet::new().unwrap();
    let (key, trigger) = set.trigger().unwrap();
    assert_silent(&mut set);
    for times in [1, 2, 1000] {
        (0..times).for_each(|_| trigger.fire());
        assert_eq!(wait_for(&mut set, key), ReadyKind::Triggered);
        assert_silent(&mut set);
    }
}

#[test]
fn threads_wake_a_set_and_are_distinguished() {
    let mut set = WaitSet::new().unwrap();
    let (first, fires_first) = set.trigger().unwrap();
    let (second, fires_second) = set.trigger().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || fires_first.fire());
        assert_eq!(wait_for(&mut set, first), ReadyKind::Triggered);
        scope.spawn(move || fires_second.clone().fire());
        assert_eq!(wait_for(&mut set, second), ReadyKind::Triggered);
    });
}

#[test]
fn no_fire_is_lost_between_two_waits() {
    let mut set = WaitSet::new().unwrap();
    let (key, trigger) = set.trigger().unwrap();
    let (sender, seen) = std::sync::mpsc::sync_channel(0);
    let firing = std::thread::spawn(move || {
        for () in seen {
            trigger.fire();
        }
    });
    for _ in 0..10_000 {
        sender.send(()).unwrap();
        assert_eq!(wait_for(&mut set, key), ReadyKind::Triggered);
    }
    drop(sender);
    firing.join().unwrap();
}

#[test]
fn firing_for_nobody_is_harmless() {
    let mut set = WaitSet::new().unwrap();
    let (key, trigger) = set.trigger().unwrap();
    let (_, other) = set.trigger().unwrap();
    trigger.fire();
    set.remove(key).unwrap();
    trigger.fire();
    assert_silent(&mut set);
    drop(set);
    trigger.fire();
    other.fire();
}

fn handle(signal: libc::c_int, handler: extern "C" fn(libc::c_int)) {
    // SAFETY: all zeros is a valid value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    // SAFETY: the handler is a function of this program, and only does what is allowed in a
    // handler.
    let result = unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    assert_eq!(result, 0);
}

static FIRED_BY_SIGNAL: OnceLock<Trigger> = OnceLock::new();

extern "C" fn fire(_: libc::c_int) {
    if let Some(trigger) = FIRED_BY_SIGNAL.get() {
        trigger.fire();
    }
}

/// Reports how it was woken by a signal that the test sends.
#[test]
fn child_waits_for_a_signal() {
    testing::process(|script| {
        let mut set = WaitSet::new().unwrap();
        let (key, trigger) = set.trigger().unwrap();
        FIRED_BY_SIGNAL.set(trigger).unwrap();
        handle(libc::SIGTERM, fire);
        script.say("waiting");
        for _ in 0..2 {
            assert_eq!(wait_for(&mut set, key), ReadyKind::Triggered);
            script.say("triggered");
        }
    });
}

#[test]
fn a_signal_handler_fires_a_trigger() {
    let domain = TempDomain::new();
    let mut other = Process::start("triggers::child_waits_for_a_signal", &domain, &[]);
    other.expect("waiting");
    for _ in 0..2 {
        // SAFETY: the call takes only numbers; the process is our child, and not reaped.
        let result = unsafe { libc::kill(other.id().cast_signed(), libc::SIGTERM) };
        assert_eq!(result, 0);
        other.expect("triggered");
    }
    other.finish();
}

extern "C" fn nothing(_: libc::c_int) {}

/// Waits while another thread sends it signals as fast as it can, and reports what went wrong.
#[test]
fn child_waits_in_a_storm_of_signals() {
    testing::process(|script| {
        handle(libc::SIGUSR1, nothing);
        let mut set = WaitSet::new().unwrap();
        let (key, trigger) = set.trigger().unwrap();
        let over = AtomicBool::new(false);
        // SAFETY: the call takes no arguments.
        let waiting = unsafe { libc::pthread_self() };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    // SAFETY: the thread lives until the scope ends.
                    unsafe { libc::pthread_kill(waiting, libc::SIGUSR1) };
                    std::thread::sleep(Duration::from_micros(50));
                }
            });
            for _ in 0..10 {
                assert_silent(&mut set);
            }
            let beat = set.interval(SILENCE).unwrap();
            assert_eq!(wait_for(&mut set, beat), ReadyKind::Interval { periods: 1 });
            set.remove(beat).unwrap();
            scope.spawn(|| {
                std::thread::sleep(SILENCE);
                trigger.fire();
            });
            let [ready] = set.wait().unwrap() else { panic!("one thing is ready") };
            assert_eq!((ready.key, ready.kind), (key, ReadyKind::Triggered));
            over.store(true, Ordering::Relaxed);
        });
        script.say("in order");
    });
}

#[test]
fn signals_neither_end_a_wait_nor_prolong_it() {
    let domain = TempDomain::new();
    let start = Instant::now();
    let mut other = Process::start("triggers::child_waits_in_a_storm_of_signals", &domain, &[]);
    other.expect("in order");
    other.finish();
    assert!(start.elapsed() < testing::PATIENCE);
}

#[test]
fn a_set_sleeps_between_two_triggers() {
    let mut set = WaitSet::new().unwrap();
    let (key, trigger) = set.trigger().unwrap();
    trigger.fire();
    assert_eq!(wait_for(&mut set, key), ReadyKind::Triggered);
    let before = sleeps();
    for _ in 0..10 {
        assert_silent(&mut set);
    }
    let slept = sleeps() - before;
    assert!(slept <= 40, "{slept} sleeps in ten waits");
}
