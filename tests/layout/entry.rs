//! Entries, and the way from an entry to its endpoint's memory.

use crate::book::{self, Layout};
use serde_json::Value;
use slotcast::testing::TempDomain;
use slotcast::{Placement, Publisher, ShmMessage, Subscriber};
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Returns the only entry in a topic's directory whose name begins with `prefix`.
pub(crate) fn find(topic: &Path, letter: &str) -> Entry {
    let mut names: Vec<_> = fs::read_dir(topic).unwrap().map(|name| name.unwrap().path()).collect();
    names.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with(letter));
    assert_eq!(names.len(), 1, "{names:?}");
    Entry::read(names.remove(0))
}

pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    file: File,
    layout: Layout,
}

impl Entry {
    pub(crate) fn read(path: PathBuf) -> Self {
        let entry = Self { file: File::open(&path).unwrap(), path, layout: Layout::of("entry") };
        assert_eq!(entry.layout.bytes(&entry.file, 0, "magic"), book::magic("slotent", b'\n'));
        assert_eq!(entry.word("version"), 2);
        assert_eq!(entry.layout.gaps(104).count(), 0, "all of the head is described");
        entry
    }

    pub(crate) fn word(&self, field: &str) -> u64 {
        self.layout.word(&self.file, 0, field)
    }

    pub(crate) fn number(&self, field: &str) -> u128 {
        self.layout.number(&self.file, 0, field)
    }

    pub(crate) fn tail(&self) -> Value {
        let bytes = fs::read(&self.path).unwrap();
        assert_eq!(bytes.len() as u64, 104 + self.word("tail"));
        serde_json::from_slice(&bytes[104..]).unwrap()
    }

    /// Returns the endpoint's memory, opened and compared as the book says.
    pub(crate) fn memory(&self) -> File {
        let path = match self.word("place") {
            1 => format!("/proc/{}/fd/{}", self.word("pid"), self.word("descriptor")).into(),
            2 => self.path.with_file_name(format!("m-{:032x}", self.number("id"))),
            other => panic!("place {other}"),
        };
        let file = File::open(path).unwrap();
        let status = file.metadata().unwrap();
        assert!(status.is_file());
        assert_eq!((status.dev(), status.ino()), (self.word("device"), self.word("inode")));
        assert_eq!(status.size(), self.word("bytes"));
        file
    }
}

#[test]
fn entries_are_as_the_book_says() {
    let domain = TempDomain::new();
    let publisher = Publisher::<u64>::builder("a/b").domain(&domain).name("left").depth(5).exclusive();
    let publisher = publisher.create().unwrap();
    let _subscriber = Subscriber::<u64>::builder("a/b").domain(&domain).history(3).latest().create().unwrap();
    let topic = domain.path().join("a+b");

    let entry = find(&topic, "p-");
    assert_eq!(entry.path.file_name().unwrap().to_str().unwrap(), format!("p-{}", publisher.id()));
    assert_eq!(entry.number("id"), publisher.id().0);
    assert_eq!(entry.number("hash"), u64::HASH.0);
    assert_eq!((entry.word("role"), entry.word("place")), (1, 1));
    assert_eq!(entry.word("pid"), u64::from(std::process::id()));
    assert_eq!(entry.word("namespace"), fs::metadata("/proc/self/ns/pid").unwrap().ino());
    assert_eq!(entry.memory().metadata().unwrap().mode() & 0o7777, 0o400);
    assert_eq!(fs::metadata(&entry.path).unwrap().mode() & 0o7777, 0o600);

    let tail = entry.tail();
    let mut keys: Vec<_> = tail.as_object().unwrap().keys().map(|key| format!("`{key}`")).collect();
    let mut in_the_book: Vec<_> = book::rows("tail").iter().map(|row| row[0].to_owned()).collect();
    keys.sort();
    in_the_book.sort();
    assert_eq!(keys, in_the_book);
    assert_eq!(tail["name"], "left");
    let qos = tail["qos"].as_object().unwrap();
    assert_eq!((&qos["depth"], &qos["exclusive"]), (&5.into(), &true.into()));
    let described = book::rows("tail").into_iter().find(|row| row[0] == "`qos`").unwrap()[1];
    assert!(qos.keys().all(|key| described.contains(&format!("`{key}`"))), "{:?}: {described}", qos.keys());

    let entry = find(&topic, "s-");
    assert_eq!((entry.word("role"), entry.word("place")), (2, 1));
    let qos = &entry.tail()["qos"];
    assert_eq!((&qos["history"], &qos["latest"]), (&3.into(), &true.into()));
}

#[test]
fn an_entry_that_is_held_open_distinguishes_leaving_from_dying() {
    let domain = TempDomain::new();
    let publisher = Publisher::<u64>::builder("x").domain(&domain).create().unwrap();
    let subscriber = Subscriber::<u64>::builder("x").domain(&domain).create().unwrap();
    let topic = domain.path().join("x");
    let entries = [find(&topic, "p-"), find(&topic, "s-")];
    let roles = || [entries[0].word("role"), entries[1].word("role")];
    assert_eq!(roles(), [1, 2]);
    drop(publisher);
    assert_eq!(roles(), [1 | 1 << 31, 2]);
    drop(subscriber);
    assert_eq!(roles(), [1 | 1 << 31, 2 | 1 << 31]);
}

#[test]
fn memory_in_a_file_is_where_the_book_says() {
    let domain = TempDomain::new();
    let _publisher = Publisher::<u64>::builder("x").domain(&domain).placement(Placement::File).create().unwrap();
    let entry = find(&domain.path().join("x"), "p-");
    assert_eq!(entry.word("place"), 2);
    assert_eq!(entry.word("descriptor"), 0xffff_ffff, "-1 in 4 bytes");
    assert_eq!(entry.memory().metadata().unwrap().mode() & 0o7777, 0o440);
}
