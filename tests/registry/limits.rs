//! A process with a limit on open files.

use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Publisher, RecvError, Subscriber};
use slotcast_tests::holdings::assert_nothing_left;
use std::fs::File;

const TOPIC: &str = "limits";

/// Sets this process's limit of open files.
fn allow(descriptors: u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the call writes one `struct rlimit`.
    let result = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    assert_eq!(result, 0);
    limit.rlim_cur = descriptors.min(limit.rlim_max);
    // SAFETY: the call reads one `struct rlimit`.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    assert_eq!(result, 0);
}

/// Opens files until only `left` more can be opened.
fn take_all_but(free: usize) -> Vec<File> {
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    taken.truncate(taken.len() - free);
    taken
}

#[test]
fn child_creates() {
    testing::process(|script| {
        allow(100);
        let mut refused = 0;
        for free in 0..30 {
            for role in ["publisher", "subscriber"] {
                let taken = take_all_but(free);
                let publish = || Publisher::<u64>::builder(TOPIC).domain(script.domain()).create().map(drop);
                let subscribe = || Subscriber::<u64>::builder(TOPIC).domain(script.domain()).create().map(drop);
                if let Err(error) = if role == "publisher" { publish() } else { subscribe() } {
                    let error = error.to_string();
                    assert!(error.contains("Too many open files"), "{role}, {free} free: {error}");
                    assert!(error.starts_with("topic \"limits\": cannot "), "{role}, {free} free: {error}");
                    refused += 1;
                }
                drop(taken);
                let leftovers = std::fs::read_dir(script.domain().path()).map(|entries| entries.count());
                assert_eq!(leftovers.unwrap_or(0), 0, "{role}, {free} free");
            }
        }
        assert!((4..40).contains(&refused), "{refused}");
        script.say("done");
    });
}

#[test]
fn too_few_descriptors_are_a_clear_error_and_nothing_is_left() {
    let domain = TempDomain::new();
    let mut process = Process::start("limits::child_creates", &domain, &[]);
    process.expect("done");
    process.finish();
    assert_nothing_left(&domain);
}

/// Reads while it can open only a few more files, until the test says that a descriptor is free.
#[test]
fn child_reads() {
    testing::process(|script| {
        allow(100);
        let free = script.argument(0);
        let mut subscriber = Subscriber::<u64>::builder(TOPIC).domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("one is free");
        assert_eq!(subscriber.publishers().unwrap().len(), 1);
        let taken = take_all_but(free);
        script.say("short");
        let (mut errors, mut numbers) = (Vec::new(), Vec::new());
        let start = std::time::Instant::now();
        // Long enough for several attempts.
        while numbers.last() != Some(&9) || start.elapsed() < std::time::Duration::from_millis(350) {
            match subscriber.try_recv() {
                Ok(Some(sample)) if *sample < 100 => numbers.push(*sample),
                Ok(sample) => assert!(sample.is_none() || free >= 3),
                Err(error @ (RecvError::Registry { .. } | RecvError::Attach(_))) => errors.push(error.to_string()),
                Err(error) => panic!("{error}"),
            }
        }
        assert!(numbers.iter().copied().eq(0..10), "what is attached is read on: {numbers:?}");
        assert!(errors.len() <= 2, "reported once for each step that fails: {errors:?}");
        assert!(free > 0 || !errors.is_empty());
        assert!(errors.iter().all(|error| error.contains("Too many open files")), "{errors:?}");
        drop(taken);
        let mut late = Vec::new();
        if free < 3 {
            until("the second is attached", || {
                late.extend(subscriber.try_recv().unwrap().map(|sample| *sample));
                late.len() == 10
            });
            assert!(late.iter().copied().eq(100..110), "from its first message: {late:?}");
        }
        assert_eq!(subscriber.lost(), 0);
        script.say("done");
    });
}

#[test]
fn a_publisher_that_cannot_be_attached_is_reported_once_and_attached_later() {
    for free in 0..4 {
        let domain = TempDomain::new();
        let mut process = Process::start("limits::child_reads", &domain, &[&free.to_string()]);
        process.expect("ready");
        let mut first = Publisher::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
        process.tell("one is free");
        process.expect("short");
        let mut second = Publisher::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
        for number in 0..10 {
            first.publish(&number).unwrap();
            second.publish(&(100 + number)).unwrap();
        }
        process.expect("done");
        process.finish();
        drop((first, second));
        assert_nothing_left(&domain);
    }
}
