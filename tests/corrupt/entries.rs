//! Entries that no endpoint writes. Those of dead owners are removed silently; those of living
//! owners are reported once, and all others work on.

use crate::scene::{Message, Scene, drain};
use slotcast::testing::until;
use slotcast_tests::entry::{Planted, RawEntry};
use slotcast_tests::holdings::names;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

const ID: u128 = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;
const NAME: &str = "p-0123456789abcdef0123456789abcdef";

fn changed(change: impl FnOnce(&mut RawEntry)) -> Vec<u8> {
    let mut entry = RawEntry::publisher::<Message>(ID);
    change(&mut entry);
    entry.bytes()
}

fn tail(text: &str) -> Vec<u8> {
    changed(|entry| entry.tail = text.into())
}

/// A tail with a valid schema in which something is replaced.
fn schema(from: &str, to: &str) -> Vec<u8> {
    changed(|entry| {
        let text = String::from_utf8(entry.tail.clone()).unwrap();
        assert!(text.contains(from), "{text}");
        entry.tail = text.replace(from, to).into();
    })
}

/// What is wrong, the bytes of the entry, and the reported reason.
fn wrong() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let whole = changed(|_| ());
    vec![
        ("empty", vec![], "is damaged: it has 0 bytes, and its head alone has 96"),
        ("a byte less than a head", whole[..95].to_vec(), "it has 95 bytes, and its head alone has 96"),
        ("a head alone", whole[..96].to_vec(), "0 bytes follow its head, which claims "),
        ("zeros", vec![0; 4096], "is damaged: it begins with \"\\x00\\x00\\x00"),
        ("ones", vec![255; 4096], "is damaged: it begins with \"\\xff\\xff"),
        ("text", vec![b'x'; 4096], "is damaged: it begins with \"xxxxxxxx\""),
        ("huge", vec![0; (1 << 20) + 1], "it has more than 1048576 bytes"),
        ("newer", changed(|entry| entry.version = 2), "has format 2, but this version of slotcast knows format 1"),
        ("no version", changed(|entry| entry.version = 0), "has format 0"),
        ("a subscriber's role", changed(|entry| entry.role = 2), "its role is 2, which does not match its name"),
        ("no role", changed(|entry| entry.role = u32::MAX), "its role is 4294967295, which does not match its name"),
        (
            "another's id",
            changed(|entry| entry.id = 7),
            "its id is 00000000000000000000000000000007, which does not match its name",
        ),
        ("another hash", changed(|entry| entry.hash ^= 1), "its schema has another hash than its head claims"),
        ("no place", changed(|entry| entry.place = 3), "the code 3 for the place of its memory is unknown"),
        ("tail cut off", whole[..whole.len() - 1].to_vec(), "bytes follow its head, which claims "),
        ("tail too long", changed(|entry| entry.tail_bytes = Some(u32::MAX)), "which claims 4294967295"),
        ("no tail", tail(""), "is damaged: EOF"),
        ("JSON cut off", tail("{\"program\":\"x\",\"name\":"), "is damaged: EOF"),
        ("JSON of something else", tail("[1, 2, 3]"), "is damaged: invalid"),
        ("JSON without end", tail(&"[".repeat(100_000)), "is damaged: "),
        ("no UTF-8", changed(|entry| entry.tail[12] = 0xff), "is damaged: "),
        ("no schema", tail("{\"program\":\"x\",\"name\":\"y\"}"), "missing field `schema`"),
        ("a schema of no bytes", schema("\"size\":48", "\"size\":0"), "not a valid schema"),
        ("a schema of other bytes", schema("\"size\":48", "\"size\":49"), "not a valid schema"),
        ("no memory", whole, "its entry names no memory"),
    ]
}

#[test]
fn corrupt_entries_of_the_dead_are_removed_silently() {
    for (what, bytes, _) in wrong() {
        let scene = Scene::new();
        let planted = Planted::new(scene.directory(), NAME, &bytes, false);
        for companion in ["m", "b"] {
            fs::write(scene.directory().join(NAME.replacen('p', companion, 1)), "").unwrap();
        }
        let mut subscriber = scene.subscribe();
        assert!(!planted.exists(), "{what}");
        assert_eq!(drain(&mut subscriber), (vec![], vec![]), "{what}");
        drop(subscriber);
        assert_eq!(names(&scene.domain, crate::scene::TOPIC), ["topic"], "{what}");
        scene.end();
    }
}

#[test]
fn corrupt_entries_of_the_living_prevent_a_subscriber_and_state_the_reason() {
    for (what, bytes, reason) in wrong() {
        let scene = Scene::new();
        let _planted = Planted::new(scene.directory(), NAME, &bytes, true);
        let error = scene.refusal();
        assert!(error.starts_with("topic \"corrupt\": cannot read from the publisher"), "{what}: {error}");
        assert!(error.contains(reason), "{what}: {error}");
        assert!(error.contains(NAME) || error.contains("forger \"raw\""), "{what}: {error}");
        assert!(error.len() < 1000, "{what}: {error}");
        scene.end();
    }
}

#[test]
fn corrupt_entries_of_the_living_are_reported_once_and_others_are_read() {
    for (what, bytes, reason) in wrong() {
        let scene = Scene::new();
        let mut subscriber = scene.subscribe();
        let mut before = scene.publish();
        before.publish(&[1; 6]).unwrap();
        let planted = Planted::new(scene.directory(), NAME, &bytes, true);
        let mut after = scene.publish(); // lets subscribers scan
        after.publish(&[2; 6]).unwrap();
        let (errors, mut messages) = drain(&mut subscriber);
        messages.sort_unstable();
        assert_eq!(messages, [[1; 6], [2; 6]], "{what}");
        assert!(errors.len() == 1 && errors[0].contains(reason), "{what}: {errors:?}");
        drop(scene.publish());
        assert_eq!(drain(&mut subscriber), (vec![], vec![]), "{what}: reported once");
        assert!(planted.exists(), "{what}");
        drop((subscriber, before, after));
        scene.end();
    }
}

type Make = fn(&Path);

/// Things that are not files, under the name of an entry.
const NOT_FILES: &[(&str, Make)] = &[
    ("a FIFO", |path| make_node(path, libc::S_IFIFO)),
    ("a link to nothing", |path| symlink("/nothing", path).unwrap()),
    ("a link to itself", |path| symlink(path, path).unwrap()),
    ("a link to a file", |path| symlink(path.with_file_name("topic"), path).unwrap()),
    ("a directory", |path| fs::create_dir(path).unwrap()),
    ("a socket", |path| drop(UnixListener::bind(path).unwrap())),
    ("a device", |path| make_node(path, libc::S_IFCHR)),
];

fn make_node(path: &Path, kind: libc::mode_t) {
    let path = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    // SAFETY: the path is a string that ends with 0. The device is /dev/zero, which only root can
    // create.
    let result = unsafe { libc::mknod(path.as_ptr(), kind | 0o600, libc::makedev(1, 5)) };
    if result != 0 {
        println!("cannot be created, a FIFO instead: {}", std::io::Error::last_os_error());
        make_fifo(&path);
    }
}

fn make_fifo(path: &std::ffi::CStr) {
    // SAFETY: the path is a string that ends with 0.
    let result = unsafe { libc::mkfifo(path.as_ptr(), 0o600) };
    assert_eq!(result, 0);
}

#[test]
fn what_is_not_a_file_is_reported_once_and_others_are_read() {
    for (what, make) in NOT_FILES {
        let scene = Scene::new();
        let mut subscriber = scene.subscribe();
        let path = scene.directory().join(NAME);
        make(&path);
        let error = scene.refusal();
        assert!(error.contains(&format!("entry {NAME} is not a regular file")), "{what}: {error}");
        let mut publisher = scene.publish();
        publisher.publish(&[1; 6]).unwrap();
        let (errors, messages) = drain(&mut subscriber);
        assert_eq!(messages, [[1; 6]], "{what}");
        assert!(errors.len() == 1 && errors[0].contains("is not a regular file"), "{what}: {errors:?}");
        assert_eq!(publisher.subscribers().unwrap().len(), 1, "{what}");
        drop((subscriber, publisher));
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir(&path).unwrap(); // an endpoint did not create it, so it is still there
        }
        scene.end();
    }
}

/// A subscriber's entry is trusted as little.
#[test]
fn corrupt_entries_of_subscribers_harm_no_publisher() {
    let name = NAME.replacen('p', "s", 1);
    for (what, bytes, _) in wrong() {
        let scene = Scene::new();
        let publisher = scene.publish();
        let _planted = Planted::new(scene.directory(), &name, &bytes, true);
        let subscriber = scene.subscribe();
        let expected = usize::from(what == "a subscriber's role");
        assert_eq!(publisher.subscribers().unwrap().len(), 1 + expected, "{what}");
        drop((publisher, subscriber));
        scene.end();
    }
}

/// Names that no entry has are ignored.
#[test]
fn foreign_names_are_ignored() {
    let scene = Scene::new();
    let others = ["p-", "p-0123", "p-0123456789abcdef0123456789abcdeg", "x-0123456789abcdef0123456789abcdef", "notes"];
    for name in others {
        fs::write(scene.directory().join(name), "not ours").unwrap();
    }
    let mut subscriber = scene.subscribe();
    let mut publisher = scene.publish();
    publisher.publish(&[1; 6]).unwrap();
    assert_eq!(drain(&mut subscriber), (vec![], vec![[1; 6]]));
    drop((subscriber, publisher));
    for name in others {
        fs::remove_file(scene.directory().join(name)).unwrap();
    }
    scene.end();
}

/// A forged entry in the middle of a hundred honest ones, which are created and dropped.
#[test]
fn a_living_forger_does_not_stop_others_from_joining_and_leaving() {
    let scene = Scene::new();
    let mut subscriber = scene.subscribe();
    let planted = Planted::new(scene.directory(), NAME, b"corrupt", true);
    let mut errors = 0;
    for number in 0..50 {
        let mut publisher = scene.publish();
        publisher.publish(&[number; 6]).unwrap();
        until("it comes", || match subscriber.try_recv() {
            Ok(sample) => sample.is_some_and(|sample| sample[0] == number),
            Err(_) => {
                errors += 1;
                false
            }
        });
    }
    assert_eq!(errors, 1);
    drop(planted);
    drop(subscriber);
    scene.end();
}
