//! Waiting for another value: asleep, by a descriptor, in a wait set, in a task.

use crate::{Same, number, reader, writer};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{ReadyKind, RecvError, Wait, WaitSet};
use std::time::Duration;

/// Sets a value each time that it is told to.
#[test]
fn child_sets() {
    testing::process(|script| {
        let mut writer = writer(script.domain()).create().unwrap();
        script.say("ready");
        for number in 1..=script.argument(0) {
            script.hear("set");
            writer.set(&Same::of(number)).unwrap();
        }
        script.hear("end");
    });
}

#[test]
fn a_change_wakes_a_reader_that_sleeps() {
    let domain = TempDomain::new();
    let mut reader = reader(&domain).wait(Wait::Sleep).create().unwrap();
    let mut other = Process::start("waiting::child_sets", &domain, &["20"]);
    other.expect("ready");
    let mut version = None;
    for expected in 1..=20 {
        other.tell("set");
        let value = reader.wait_for_change(version, PATIENCE).unwrap().expect("it was set");
        assert_eq!(value.number(), expected);
        version = Some(value.version());
    }
    other.tell("end");
    other.finish();
    assert!(reader.wait_for_change(version, Duration::from_millis(20)).unwrap().is_none());
}

#[test]
fn a_value_that_is_there_is_not_waited_for() {
    let domain = TempDomain::new();
    let mut writer = writer(&domain).create().unwrap();
    writer.set(&Same::of(1)).unwrap();
    let mut reader = reader(&domain).create().unwrap();
    let version = reader.wait_for_change(None, Duration::ZERO).unwrap().unwrap().version();
    assert!(reader.wait_for_change(version, Duration::ZERO).unwrap().is_none());
}

#[test]
fn a_wait_set_tells_of_changes() {
    let domain = TempDomain::new();
    let (mut writer, mut reader) = (writer(&domain).create().unwrap(), reader(&domain).create().unwrap());
    let mut set = WaitSet::new().unwrap();
    let key = set.add_subscriber(&mut reader).unwrap();
    for expected in 1..=10 {
        assert_eq!(number(&mut reader), (expected > 1).then_some(expected - 1));
        assert_eq!(set.wait_timeout(Duration::ZERO).unwrap().len(), 0, "nothing is new");
        writer.set(&Same::of(expected)).unwrap();
        let ready = set.wait_timeout(PATIENCE).unwrap();
        assert!(ready.len() == 1 && ready[0].key == key && matches!(ready[0].kind, ReadyKind::Messages));
    }
    assert_eq!(number(&mut reader), Some(10));
}

#[test]
fn a_closer_ends_the_wait() {
    let domain = TempDomain::new();
    let mut reader = reader(&domain).create().unwrap();
    let closer = reader.closer();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| reader.wait_for_change(None, PATIENCE).map(|value| value.is_some()));
        closer.close();
        assert!(matches!(waiting.join().unwrap(), Err(RecvError::Closed { .. })));
    });
}

#[test]
fn a_task_waits_for_changes() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let domain = TempDomain::new();
    runtime.block_on(async {
        let mut other = Process::start("waiting::child_sets", &domain, &["20"]);
        let mut reader = slotcast::tokio::ValueReader::try_from(reader(&domain).create().unwrap()).unwrap();
        other.expect("ready");
        let mut version = None;
        for expected in 1..=20 {
            other.tell("set");
            let changed = tokio::time::timeout(PATIENCE, reader.changed(version));
            let value = changed.await.expect("in time").unwrap();
            assert_eq!(value.number(), expected);
            version = Some(value.version());
        }
    });
}
