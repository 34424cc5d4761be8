//! Entries that name a descriptor which is not the memory of their publisher.

use crate::scene::{FORGED, Message, Scene};
use slotcast::registry::{Handle, Memory, MemoryEntry};
use slotcast::testing::{self, Process, TempDomain};
use slotcast_tests::entry::{Planted, RawEntry};
use slotcast_tests::segment::{NONCE, Segment, word};
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

fn forge(memory: MemoryEntry) -> RawEntry {
    let mut entry = RawEntry::publisher::<Message>(FORGED.0);
    if let Memory::Sealed(handle) = memory.place {
        (entry.pid, entry.descriptor, entry.place) = (handle.pid, handle.descriptor, 1);
        (entry.device, entry.inode) = (handle.device, handle.inode);
    }
    (entry.bytes, entry.nonce) = (memory.bytes, memory.nonce);
    entry
}

#[track_caller]
fn expect(scene: &Scene, entry: &RawEntry, reasons: &[&str]) {
    let planted = Planted::new(scene.directory(), &entry.name(), &entry.bytes(), true);
    let error = scene.refusal();
    for reason in reasons {
        assert!(error.contains(reason), "{reason:?} is not in: {error}");
    }
    assert!(error.contains("forger \"raw\""), "{error}");
    drop(planted);
}

/// Owns memory and a pipe, and answers when asked.
#[test]
fn child_owns() {
    testing::process(|script| {
        let memory = Segment::new(4096, 0);
        let handle = Handle::of(&memory.file).unwrap();
        script.say(&format!("{} {} {}", handle.descriptor, handle.device, handle.inode));
        script.hear("are you alive");
        script.say("yes");
    });
}

#[test]
fn what_such_a_descriptor_refers_to_is_never_read() {
    let scene = Scene::new();
    let domain = TempDomain::new();
    let mut other = Process::start("handles::child_owns", &domain, &[]);
    let expected = other.listen();
    let numbers: Vec<u64> = expected.split(' ').map(|number| number.parse().unwrap()).collect();
    let theirs = Handle {
        pid: other.id(),
        descriptor: i32::try_from(numbers[0]).unwrap(),
        device: numbers[1],
        inode: numbers[2],
    };
    let stdin = std::fs::metadata(format!("/proc/{}/fd/0", other.id())).unwrap();
    let stdin = Handle { descriptor: 0, device: stdin.dev(), inode: stdin.ino(), ..theirs };
    let of = |handle| forge(MemoryEntry { place: Memory::Sealed(handle), bytes: 4096, nonce: NONCE });

    expect(&scene, &of(stdin), &["its memory is not sealed (seals 0x0)"]);
    expect(&scene, &of(Handle { descriptor: 0, ..theirs }), &["it is not the file that its entry describes"]);
    expect(
        &scene,
        &of(Handle { descriptor: 999, ..theirs }),
        &["descriptor 999 of pid", "No such file", "pidfd_getfd"],
    );
    expect(&scene, &of(Handle { descriptor: -1, ..theirs }), &["descriptor -1 of pid"]);
    expect(&scene, &of(Handle { descriptor: i32::MIN, ..theirs }), &["descriptor -2147483648 of pid"]);
    expect(&scene, &of(Handle { pid: 0, ..theirs }), &["pid 0 cannot be fetched"]);
    expect(&scene, &of(Handle { pid: u32::MAX, ..theirs }), &["pid 4294967295 cannot be fetched"]);
    expect(&scene, &of(Handle { inode: theirs.inode + 1, ..theirs }), &["it is not the file that its entry describes"]);
    expect(&scene, &of(Handle { device: 0, ..theirs }), &["it is not the file that its entry describes"]);
    expect(&scene, &of(theirs), &["its memory is not sealed (seals 0x0)"]);

    other.tell("are you alive");
    other.expect("yes"); // nobody has read its input
    other.kill();
    expect(&scene, &of(theirs), &["cannot be fetched: through /proc/", "No such file or directory"]);
    scene.end();
}

#[test]
fn a_file_in_place_of_memory() {
    let scene = Scene::new();
    for path in ["/proc/self/exe", "/dev/null", "/dev/zero", "/proc/self/status", "/"] {
        let file = File::open(path).unwrap();
        let place = Memory::Sealed(Handle::of(file.as_fd()).unwrap());
        let bytes = file.metadata().unwrap().len();
        expect(&scene, &forge(MemoryEntry { place, bytes, nonce: NONCE }), &["its memory "]);
    }
    scene.end();
}

#[test]
fn a_memory_file_that_is_missing_or_another_one() {
    let scene = Scene::new();
    let mut entry = RawEntry::publisher::<Message>(FORGED.0);
    (entry.place, entry.bytes) = (2, 4096);
    let name = format!("m-{FORGED}");
    expect(&scene, &entry, &["its memory file m-", "is not the one that its entry describes"]);
    std::fs::write(scene.directory().join(&name), [0; 4096]).unwrap();
    expect(&scene, &entry, &["its memory file m-", "is not the one that its entry describes"]);
    let status = std::fs::metadata(scene.directory().join(&name)).unwrap();
    (entry.device, entry.inode) = (status.dev(), status.ino());
    expect(&scene, &entry, &["its memory is damaged: magic is 0x0"]);
    scene.end();
}

/// Sealed memory of another process, but of another publisher: the right file alone is not enough.
#[test]
fn memory_of_another_publisher() {
    let scene = Scene::new();
    let segment = Segment::of::<Message>(slotcast::EndpointId(1), 128, 64);
    let entry = forge(segment.memory());
    expect(&scene, &entry, &["id is 0x1, and 0xf0f0 was expected"]);
    segment.set(word::ID, 0xf0f0);
    let planted = Planted::new(scene.directory(), &entry.name(), &entry.bytes(), true);
    assert!(scene.subscribe().try_recv().unwrap().is_none());
    drop(planted);
    scene.end();
}
