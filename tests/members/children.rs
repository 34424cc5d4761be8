//! # Safety
//!
//! A process that watches has a child that lives on: what the child inherits disturbs nobody. The file opts into unsafe
//! code to fork.

use crate::{joined, left, nothing, publisher, subscriber};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast_tests::holdings::processor_time;
use std::fs;
use std::time::{Duration, Instant};

/// Forks a child that does nothing for as long as its parent lives, and keeps all descriptors.
fn fork() {
    // SAFETY: this process has one thread that matters; the child sleeps and ends.
    if unsafe { libc::fork() } == 0 {
        // SAFETY: it takes numbers alone.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        std::thread::sleep(PATIENCE);
        // SAFETY: it takes a number. Nothing of the parent's is run at the end.
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

/// A process is no longer watched once nothing of it is there. Its end is nobody's then, though the child holds what it was
/// seen by.
#[test]
fn the_end_of_a_process_that_is_watched_no_more_is_not_told() {
    let domain = TempDomain::new();
    let mut other = Process::start("child_is_present", &domain, &["sealed", "0"]);
    other.expect("there");
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
        testing::until("it is made anew", || {
            nothing(&mut membership);
            script.domain().path().join("x/topic").exists()
        });
        assert!(publisher.refresh().unwrap());
        // The first look after that is in the new place.
        assert!(membership.next_timeout(Duration::from_millis(100)).unwrap().is_none());
        let before = processor_time();
        let start = Instant::now();
        assert!(membership.next_timeout(Duration::from_secs(1)).unwrap().is_none());
        let used = processor_time() - before;
        assert!(used < start.elapsed() / 4, "it was kept busy: {used:?}");
        script.say("done");
    });
}

/// What happens in a directory that is watched no more keeps nobody busy.
#[test]
fn a_topic_that_is_made_anew_is_watched_alone() {
    let domain = TempDomain::new();
    let mut watcher = Process::start("children::child_watches_a_directory", &domain, &[]);
    watcher.expect("done");
    watcher.finish();
}
