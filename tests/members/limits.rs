//! # Safety
//!
//! What happens when something is used up, and in forked children. The file opts into unsafe code
//! to lower a limit, and to fork.

use crate::{died, joined, left, nothing, publisher, subscriber};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{MemberEvent, Membership, Publisher};
use slotcast_tests::system_calls;
use std::fs::File;
use std::time::{Duration, Instant};

/// Lets `inotify_init1` fail in this process from now on, as when all instances of the user are in
/// use.
fn use_up_inotify() {
    system_calls::refuse_with(libc::SYS_inotify_init1, libc::EMFILE);
}

/// Reports what happens on "x".
#[test]
fn child_watches_without_inotify() {
    testing::process(|script| {
        use_up_inotify();
        let mut membership = subscriber(script.domain()).membership().unwrap();
        script.say("watching");
        loop {
            match membership.next().unwrap() {
                MemberEvent::Joined(peer) => script.say(&format!("joined {}", peer.id)),
                MemberEvent::Left(peer) => script.say(&format!("left {}", peer.id)),
                MemberEvent::Died(peer) => script.say(&format!("died {}", peer.id)),
                other => script.say(&other.to_string()),
            }
        }
    });
}

#[test]
fn without_inotify_everything_is_reported_a_little_later() {
    for placement in ["sealed", "file"] {
        let domain = TempDomain::new();
        let mut watcher = Process::start("limits::child_watches_without_inotify", &domain, &[]);
        watcher.expect("watching");
        let publisher = publisher(&domain);
        let id = publisher.id();
        watcher.expect(&format!("joined {id}"));
        drop(publisher);
        watcher.expect(&format!("left {id}"));
        let mut other = Process::start("child_is_present", &domain, &[placement, "0"]);
        other.expect("ready");
        let line = watcher.listen();
        let id = line.strip_prefix("joined ").unwrap().to_owned();
        other.kill_without_reaping();
        watcher.expect(&format!("died {id}"));
        std::fs::remove_dir_all(domain.path()).unwrap();
        let publisher = crate::publisher(&domain);
        watcher.expect(&format!("joined {}", publisher.id()));
        watcher.kill();
    }
}

fn limit_descriptors(count: u64) {
    let limit = libc::rlimit { rlim_cur: count, rlim_max: count };
    // SAFETY: the call reads one limit, which is a valid reference.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    assert_eq!(result, 0);
}

/// Has a membership while all descriptors are in use; then some are freed.
#[test]
fn child_watches_without_descriptors() {
    testing::process(|script| {
        limit_descriptors(64);
        let mut membership = subscriber(script.domain()).membership().unwrap();
        let known = joined(&mut membership);
        nothing(&mut membership);
        let mut used: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        script.say("full");
        script.hear("another has come");
        let error = membership.next_timeout(PATIENCE).expect_err("an error").to_string();
        assert!(error.contains("Too many open files") && error.contains("ulimit -n"), "{error}");
        assert!(membership.next_timeout(Duration::from_millis(250)).unwrap().is_none(), "reported once");
        let refused = subscriber_of(&script).unwrap_err().to_string();
        assert!(refused.contains("Too many open files"), "{refused}");
        // Ends are noticed nevertheless.
        script.say("end one");
        assert_eq!(left(&mut membership), known.id);
        used.truncate(used.len() - 20);
        script.say(&format!("joined {}", joined(&mut membership).id));
        nothing(&mut membership);
    });
}

fn subscriber_of(script: &testing::Script) -> Result<Membership, Box<dyn std::error::Error>> {
    let subscriber = slotcast::Subscriber::<u64>::builder("x").domain(script.domain()).create()?;
    Ok(subscriber.membership()?)
}

#[test]
fn without_descriptors_one_clear_error_is_reported_and_later_everything() {
    let domain = TempDomain::new();
    let one = publisher(&domain);
    let mut watcher = Process::start("limits::child_watches_without_descriptors", &domain, &[]);
    watcher.expect("full");
    let two = publisher(&domain);
    watcher.tell("another has come");
    watcher.expect("end one");
    drop(one);
    watcher.expect(&format!("joined {}", two.id()));
    watcher.finish();
}

#[test]
fn two_hundred_publishers_are_reported_quickly() {
    let domain = TempDomain::new();
    let mut early = subscriber(&domain).membership().unwrap();
    let publishers: Vec<_> = (0..200).map(|_| publisher(&domain)).collect();
    let start = Instant::now();
    let mut late = subscriber(&domain).membership().unwrap();
    let created = start.elapsed();
    for membership in [&mut early, &mut late] {
        let mut reported: Vec<_> = publishers.iter().map(|_| joined(membership).id).collect();
        reported.sort();
        reported.dedup();
        assert_eq!(reported.len(), 200);
        nothing(membership);
    }
    assert!(created < Duration::from_secs(2), "{created:?}");
    let mut ids: Vec<_> = publishers.iter().map(Publisher::id).collect();
    drop(publishers);
    let mut reported: Vec<_> = ids.iter().map(|_| left(&mut early)).collect();
    ids.sort();
    reported.sort();
    assert_eq!(ids, reported);
    nothing(&mut early);
}

#[test]
fn child_is_a_crowd() {
    testing::process(|script| {
        let publishers: Vec<_> = (0..200).map(|_| publisher(script.domain())).collect();
        script.say("ready");
        script.hear("end");
        drop(publishers);
    });
}

#[test]
fn a_process_of_two_hundred_publishers_dies_at_once() {
    let domain = TempDomain::new();
    let mut membership = subscriber(&domain).membership().unwrap();
    let mut other = Process::start("limits::child_is_a_crowd", &domain, &[]);
    let mut ids: Vec<_> = (0..200).map(|_| joined(&mut membership).id).collect();
    other.expect("ready");
    other.kill_without_reaping();
    let mut reported: Vec<_> = (0..200).map(|_| died(&mut membership)).collect();
    ids.sort();
    reported.sort();
    assert_eq!(ids, reported);
    nothing(&mut membership);
}

/// Files appear and disappear in the topic's directory endlessly: waits end in time, and arrivals
/// are reported.
#[test]
fn a_directory_that_always_changes_blocks_nobody() {
    let domain = TempDomain::new();
    let subscriber = subscriber(&domain);
    let mut membership = subscriber.membership().unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for name in ["corrupt", "p-00000000000000000000000000000000"] {
            let (path, stop) = (domain.path().join("x").join(name), &stop);
            scope.spawn(move || {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    drop(File::create(&path));
                    let _ = std::fs::remove_file(&path); // a scan removes files that look like entries
                }
            });
        }
        for _ in 0..5 {
            let start = Instant::now();
            assert!(membership.next_timeout(Duration::from_millis(20)).unwrap().is_none());
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
            let publisher = publisher(&domain);
            assert_eq!(joined(&mut membership).id, publisher.id());
            let id = publisher.id();
            drop(publisher);
            assert_eq!(left(&mut membership), id);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn child_forks() {
    testing::process(|script| {
        let publisher = publisher(script.domain());
        let mut subscriber = subscriber(script.domain());
        let mut memberships = [subscriber.membership().unwrap(), publisher.membership().unwrap()];
        // SAFETY: only one thread of this process matters; the child inspects its handles and
        // exits.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let text = "this handle belongs to the process that this one was forked from: create a new one";
            let is_told = |error: String| error.ends_with(text);
            let mut is_right = memberships.each_mut().map(|it| it.try_next().is_err_and(|it| is_told(it.to_string())));
            is_right[0] &= subscriber.membership().is_err_and(|error| is_told(error.to_string()));
            is_right[1] &= publisher.membership().is_err_and(|error| is_told(error.to_string()));
            let waits = subscriber.wait_for_publishers(1, Duration::ZERO).is_err();
            drop(memberships);
            let own = crate::subscriber(script.domain());
            let sees = joined(&mut own.membership().unwrap()).id == publisher.id();
            // SAFETY: the call takes a number. Nothing of the parent is run at the end.
            unsafe { libc::_exit(if is_right == [true; 2] && waits && sees { 0 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: the call writes one number, for which `status` has space.
        let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!((waited, status), (child, 0));
        assert_eq!(joined(&mut memberships[0]).id, publisher.id());
        joined(&mut memberships[1]);
        let new = crate::publisher(script.domain());
        assert_eq!(joined(&mut memberships[0]).id, new.id());
        script.say("done");
    });
}

/// Has a child that keeps all descriptors open while this process lives.
#[test]
fn child_watches_with_its_own() {
    testing::process(|script| {
        let mut membership = subscriber(script.domain()).membership().unwrap();
        script.say("watching");
        joined(&mut membership);
        nothing(&mut membership);
        // SAFETY: the child only sleeps, until its parent has ended.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: the call takes only numbers.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            loop {
                std::thread::sleep(Duration::from_secs(1));
            }
        }
        script.say("forked");
        left(&mut membership);
        script.say("left");
        script.hear("its process has ended, and the topic was removed");
        for _ in 0..2 {
            std::thread::sleep(Duration::from_millis(100));
            nothing(&mut membership);
        }
        crate::readiness::settle(&mut membership);
        let publisher = publisher(script.domain());
        assert_eq!(joined(&mut membership).id, publisher.id());
        crate::readiness::settle(&mut membership);
        script.say("done");
    });
}

#[test]
fn a_forked_child_that_lives_on_does_not_keep_a_membership_busy() {
    let domain = TempDomain::new();
    let mut watcher = Process::start("limits::child_watches_with_its_own", &domain, &[]);
    watcher.expect("watching");
    let mut other = Process::start("child_is_present", &domain, &["sealed", "0"]);
    other.expect("ready");
    watcher.expect("forked");
    other.tell("end");
    other.expect("left");
    watcher.expect("left");
    other.tell("end");
    other.finish();
    std::fs::remove_dir_all(domain.path()).unwrap();
    watcher.tell("its process has ended, and the topic was removed");
    watcher.expect("done");
    watcher.finish();
}

#[test]
fn a_forked_child_learns_that_the_membership_is_its_parents() {
    let domain = TempDomain::new();
    let mut other = Process::start("limits::child_forks", &domain, &[]);
    other.expect("done");
    other.finish();
}
