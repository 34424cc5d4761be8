//! Writers that stand by and take over.

use crate::{Same, number, reader, writer};
use slotcast::testing::{self, PATIENCE, Process, TempDomain, until};
use std::time::Duration;

/// Takes over, goes on from the value that it finds, and counts until it is killed.
#[test]
fn child_counts_on() {
    testing::process(|script| {
        let mut writer = writer(script.domain()).survives_writer(true).standby(Duration::MAX).create().unwrap();
        let last = number(&mut reader(script.domain()).create().unwrap()).unwrap_or(0);
        script.say(&format!("from {last}"));
        for number in last + 1.. {
            writer.set(&Same::of(number)).unwrap();
        }
    });
}

/// However often the writer is killed, no reader sees the value go back, and no later reader sees
/// less than an earlier one.
#[test]
fn a_counter_never_goes_back_though_its_writers_are_killed() {
    let domain = TempDomain::new();
    let mut first = Process::start("standby::child_counts_on", &domain, &[]);
    first.expect("from 0");
    let mut watching = reader(&domain).create().unwrap();
    until("it counts", || number(&mut watching).is_some_and(|number| number > 10));
    let mut before = number(&mut watching).unwrap();
    for _ in 0..15 {
        let mut next = Process::start("standby::child_counts_on", &domain, &[]);
        until("it counts on", || {
            let now = number(&mut watching).unwrap();
            assert!(now >= before);
            std::mem::replace(&mut before, now) + 100 < now
        });
        let seen = number(&mut watching).unwrap();
        first.kill();
        let from: u64 = next.listen().strip_prefix("from ").unwrap().parse().unwrap();
        assert!(from >= seen, "{from} after {seen}");
        assert!(number(&mut reader(&domain).create().unwrap()).unwrap() >= from);
        first = next;
    }
    first.kill();
    let last = number(&mut watching).unwrap();
    assert!(watching.get().unwrap().unwrap().is_orphaned());
    let mut late = reader(&domain).create().unwrap();
    assert_eq!(number(&mut late), Some(last));
    assert!(late.get().unwrap().unwrap().is_orphaned());
}

#[test]
fn a_reader_keeps_the_value_until_the_next_writer_sets_one() {
    let domain = TempDomain::new();
    let mut reader = reader(&domain).create().unwrap();
    let mut first = writer(&domain).create().unwrap();
    first.set(&Same::of(1)).unwrap();
    assert_eq!(number(&mut reader), Some(1));
    first.set(&Same::of(2)).unwrap();
    std::thread::scope(|scope| {
        let standby = scope.spawn(|| writer(&domain).standby(PATIENCE).create().unwrap());
        drop(first);
        let mut second = standby.join().unwrap();
        assert_eq!(number(&mut reader), Some(2), "what the first one had set last");
        assert!(reader.get().unwrap().unwrap().is_orphaned());
        second.set(&Same::of(3)).unwrap();
        assert_eq!(number(&mut reader), Some(3));
        assert!(!reader.get().unwrap().unwrap().is_orphaned());
    });
}
