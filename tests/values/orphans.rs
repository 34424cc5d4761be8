//! Values that survive their writer.

use crate::{Same, Small, number, reader, topic, writer};
use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast::{Domain, ValueReader, ValueWriter};

/// Argument: the first of two numbers that it sets.
#[test]
fn child_leaves_a_value() {
    testing::process(|script| {
        let mut writer = writer(script.domain()).survives_writer(true).create().unwrap();
        let first: u64 = script.argument(0);
        writer.set(&Same::of(first)).unwrap();
        writer.set(&Same::of(first + 1)).unwrap();
        script.say("set");
        script.hear("end");
    });
}

fn files(domain: &Domain) -> Vec<String> {
    let names = std::fs::read_dir(domain.path().join("limits~value")).into_iter().flatten();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn leave(domain: &Domain, number: u64, is_killed: bool) {
    let mut other = Process::start("orphans::child_leaves_a_value", domain, &[&number.to_string()]);
    other.expect("set");
    if is_killed {
        other.kill();
    } else {
        other.tell("end");
        other.finish();
    }
}

#[test]
fn a_value_survives_the_death_and_the_end_of_its_writer_and_all_cleaning() {
    for is_killed in [true, false] {
        let domain = TempDomain::new();
        leave(&domain, 7, is_killed);
        for _ in 0..3 {
            let mut reader = reader(&domain).create().unwrap();
            let value = reader.get().unwrap().expect("it was left");
            assert_eq!((value.number(), value.version().number()), (8, 2));
            assert!(value.is_orphaned());
            drop(reader);
            domain.clean().unwrap();
            assert_eq!(domain.leftovers_of_the_dead().unwrap(), [] as [std::path::PathBuf; 0]);
        }
        let kept = files(&domain);
        assert!(kept.iter().all(|name| ["kept", "topic"].contains(&&**name) || name.starts_with("k-")), "{kept:?}");
        assert!(domain.forget_value(&topic()).unwrap());
        assert!(!domain.path().join("limits~value").exists(), "{:?}", files(&domain));
        assert!(!domain.forget_value(&topic()).unwrap());
    }
}

#[test]
fn a_large_value_survives_too() {
    let domain = TempDomain::new();
    let builder = || ValueWriter::<Same<8192>>::builder("limits").domain(&domain).survives_writer(true);
    let mut writer = builder().create().unwrap();
    (1..=9).for_each(|number| writer.set(&Same::of(number)).unwrap());
    drop(writer);
    let mut reader = ValueReader::<Same<8192>>::builder("limits").domain(&domain).create().unwrap();
    let held = reader.get().unwrap().unwrap().sample().clone();
    let mut writer = builder().create().unwrap();
    writer.set(&Same::of(10)).unwrap();
    assert_eq!(reader.get().unwrap().unwrap().number(), 10);
    assert_eq!(held.number(), 9);
}

#[test]
fn the_next_writer_replaces_what_was_left_when_it_sets_a_value() {
    let domain = TempDomain::new();
    leave(&domain, 1, true);
    let mut next = writer(&domain).survives_writer(true).create().unwrap();
    let mut late = reader(&domain).create().unwrap();
    assert_eq!(number(&mut late), Some(2), "it has set nothing yet");
    assert!(late.get().unwrap().unwrap().is_orphaned());
    next.set(&Same::of(3)).unwrap();
    assert_eq!(number(&mut late), Some(3));
    assert!(!late.get().unwrap().unwrap().is_orphaned());
    drop(next);
    assert_eq!(number(&mut reader(&domain).create().unwrap()), Some(3));
    assert_eq!(files(&domain).iter().filter(|name| name.starts_with("k-")).count(), 1);
}

#[test]
fn a_writer_whose_values_do_not_survive_removes_what_was_left() {
    let domain = TempDomain::new();
    leave(&domain, 1, true);
    let mut next = writer(&domain).create().unwrap();
    assert_eq!(number(&mut reader(&domain).create().unwrap()), Some(2));
    next.set(&Same::of(3)).unwrap();
    drop(next);
    assert_eq!(number(&mut reader(&domain).create().unwrap()), None);
    assert!(!domain.path().join("limits~value").exists());
}

#[test]
fn what_is_wanted_is_not_forgotten() {
    let domain = TempDomain::new();
    let mut writer = writer(&domain).survives_writer(true).create().unwrap();
    writer.set(&Same::of(1)).unwrap();
    assert!(!domain.forget_value(&topic()).unwrap(), "its writer lives");
    drop(writer);
    let mut reader = reader(&domain).create().unwrap();
    assert!(domain.forget_value(&topic()).unwrap());
    assert_eq!(number(&mut reader), Some(1), "a reader keeps what it has found");
}

/// At each point at which the second writer can die, a whole value is there: its own, or the one
/// that the first one has left. Nothing else is left behind.
#[test]
fn a_death_at_each_point_leaves_a_whole_value() {
    let points = [
        ("publish.written", 1, 2),
        ("publish.written", 2, 11),
        ("keep.linked", 1, 2),
        ("keep.renamed", 1, 11),
        ("announce.written", 1, 2),
        ("announce.linked", 1, 2),
        ("agree.recorded", 1, 2),
    ];
    for (point, visit, expected) in points {
        let domain = TempDomain::new();
        leave(&domain, 1, true);
        let function = "orphans::child_leaves_a_value";
        let mut other = Process::start_until(function, &domain, &["11"], point, visit, Action::Kill);
        other.wait();
        let mut late = reader(&domain).create().unwrap();
        assert_eq!(number(&mut late), Some(expected), "{point} {visit}");
        drop(late);
        leave(&domain, 21, false);
        assert_eq!(number(&mut reader(&domain).create().unwrap()), Some(22), "{point} {visit}");
        domain.clean().unwrap();
        let left = files(&domain);
        assert_eq!(left.len(), 3, "{point} {visit}: {left:?}");
    }
}

/// Death while the value is being kept nevertheless lets a reader that is present have it.
#[test]
fn a_reader_that_was_present_sees_what_was_set_last() {
    let domain = TempDomain::new();
    let mut present = reader(&domain).create().unwrap();
    leave(&domain, 1, true);
    leave(&domain, 11, true);
    assert_eq!(number(&mut present), Some(12), "though it has looked at neither before");
    assert!(matches!(present.get(), Ok(Some(_))));
    let _: Small = **present.get().unwrap().unwrap().sample();
}
