//! # Safety
//!
//! A process with a membership has a child that lives on: what the child inherits disturbs nobody.
//! The file opts into unsafe code to fork.

use crate::{joined, left, nothing, publisher, subscriber};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast_tests::holdings::processor_time;
use std::fs;
use std::time::{Duration, Instant};

/// Forks a child that only sleeps while its parent lives, and keeps all descriptors.
fn fork() {
    // SAFETY: only one thread of this process matters; the child sleeps and exits.
    if unsafe { libc::fork() } == 0 {
        // SAFETY: the call takes only numbers.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        std::thread::sleep(PATIENCE);
        // SAFETY: the call takes a number. Nothing of the parent is run at the end.
        unsafe { libc::_exit(0) };
    }
}

#[test]
fn child_watches_processes() {
    testing::process(|script| {
        let mut membership = subscriber(script.domain()).membership().unwrap();
        joined(&mut membership);
        fork();
        script.say("forked");
        left(&mut membership);
        script.say("left");
        script.hear("its process has ended");
        nothing(&mut membership);
        let _new = publisher(script.domain());
        joined(&mut membership);
        script.say("done");
    });
}

/// A process is no longer watched when it has no endpoint left. Its end is then reported to nobody,
/// although the child holds the descriptor that watched it.
#[test]
fn the_end_of_a_process_that_is_no_longer_watched_is_not_reported() {
    let domain = TempDomain::new();
    let mut other = Process::start("child_is_present", &domain, &["sealed", "0"]);
    other.expect("ready");
    let mut watcher = Process::start("children::child_watches_processes", &domain, &[]);
    watcher.expect("forked");
    other.tell("end");
    other.expect("left");
    watcher.expect("left");
    other.tell("end");
    other.finish();
    watcher.tell("its process has ended");
    watcher.expect("done");
    watcher.finish();
}

#[test]
fn child_watches_a_directory() {
    testing::process(|script| {
        let mut publisher = publisher(script.domain());
        let mut membership = subscriber(script.domain()).membership().unwrap();
        joined(&mut membership);
        fork();
        fs::remove_file(script.domain().path().join("x/topic")).unwrap();
        testing::until("it is created anew", || {
            nothing(&mut membership);
            script.domain().path().join("x/topic").exists()
        });
        assert!(publisher.refresh().unwrap());
        // The first scan after that is in the new directory.
        assert!(membership.next_timeout(Duration::from_millis(100)).unwrap().is_none());
        let before = processor_time();
        let start = Instant::now();
        assert!(membership.next_timeout(Duration::from_secs(1)).unwrap().is_none());
        let used = processor_time() - before;
        assert!(used < start.elapsed() / 4, "it was kept busy: {used:?}");
        script.say("done");
    });
}

/// What happens in a directory that is no longer watched keeps nobody busy.
#[test]
fn only_the_new_directory_of_a_recreated_topic_is_watched() {
    let domain = TempDomain::new();
    let mut watcher = Process::start("children::child_watches_a_directory", &domain, &[]);
    watcher.expect("done");
    watcher.finish();
}
