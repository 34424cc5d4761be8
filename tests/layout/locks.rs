//! Which bytes of which files are locked, according to the kernel.

use crate::book;
use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast::{Publisher, Subscriber};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

type Lock = (&'static str, u64, &'static str);

#[test]
fn child_publishes() {
    testing::process(|script| {
        drop(Publisher::<u64>::builder("x").domain(script.domain()).create().unwrap());
    });
}

/// Returns the locks on the files of a topic.
fn held(topic: &Path) -> Vec<Lock> {
    let mut held = Vec::new();
    let locks = fs::read_to_string("/proc/locks").unwrap();
    for path in fs::read_dir(topic).unwrap().map(|name| name.unwrap().path()) {
        let status = fs::metadata(&path).unwrap();
        let (major, minor) = (status.dev() >> 8 & 0xfff, status.dev() & 0xff | status.dev() >> 12 & 0xf_ff00);
        let file = format!("{major:02x}:{minor:02x}:{}", status.ino());
        let name = path.file_name().unwrap().to_str().unwrap();
        let name = if name.starts_with("p-") || name.starts_with("s-") { "entry" } else { "topic" };
        for line in locks.lines() {
            // 1: OFDLCK ADVISORY  WRITE -1 00:19:1234 0 0
            let words: Vec<_> = line.split_whitespace().collect();
            if words[5] == file {
                assert_eq!(words[1], "OFDLCK");
                let (first, last): (u64, u64) = (words[6].parse().unwrap(), words[7].parse().unwrap());
                let kind = if words[3] == "READ" { "read" } else { "write" };
                held.extend((first..=last).map(|byte| (name, byte, kind)));
            }
        }
    }
    held.sort_unstable();
    held
}

#[test]
fn locks_are_as_the_book_says() {
    let mut seen = BTreeSet::new();
    let domain = TempDomain::new();
    let topic = domain.path().join("x");
    let mut see = |expected: &[Lock]| {
        let held = held(&topic);
        assert_eq!(held, expected);
        seen.extend(held);
    };

    let publisher = Publisher::<u64>::builder("x").domain(&domain).create().unwrap();
    see(&[("entry", 0, "write"), ("topic", 0, "read"), ("topic", 1, "read")]);
    let subscriber = Subscriber::<u64>::builder("x").domain(&domain).create().unwrap();
    see(&[
        ("entry", 0, "write"),
        ("entry", 0, "write"),
        ("topic", 0, "read"),
        ("topic", 0, "read"),
        ("topic", 1, "read"),
    ]);
    drop((publisher, subscriber));

    let exclusive = Publisher::<u64>::builder("x").domain(&domain).exclusive().create().unwrap();
    see(&[("entry", 0, "write"), ("topic", 0, "read"), ("topic", 1, "write")]);
    drop(exclusive);

    let until = |point| {
        let mut process = Process::start_until("locks::child_publishes", &domain, &[], point, 1, Action::Stop);
        process.wait_until_stopped();
        process
    };
    let agreeing = until("agree.locked");
    see(&[("topic", 0, "read"), ("topic", 2, "write")]);
    drop(agreeing);
    let leaving = until("leave.alone");
    see(&[("topic", 0, "write")]);
    drop(leaving);

    let in_the_book: BTreeSet<Lock> =
        book::rows("locks").iter().map(|row| (row[0], row[1].parse().unwrap(), row[2])).collect();
    assert_eq!(seen, in_the_book);
}
