//! Segments whose header, size or seals no publisher would write.

use crate::scene::{FORGED, Message, Scene, drain};
use slotcast::registry::MemoryEntry;
use slotcast_tests::segment::{SEALS, Segment, announcement, word};

const CELLS: u64 = 128;
const DEPTH: u64 = 64;

fn valid() -> Segment {
    Segment::of::<Message>(FORGED, CELLS, DEPTH)
}

/// Words of the header, the wrong value, and the reported reason.
fn headers() -> Vec<(&'static [usize], u64, &'static str)> {
    vec![
        (&[word::MAGIC], 0, "magic is 0x0, and 0x1676e72746f6c73 was expected"),
        (&[word::MAGIC], u64::from_le_bytes(*b"slotrng\x02"), "magic is 0x2676e72746f6c73"),
        (&[word::MAGIC], u64::from_le_bytes(*b"slotctl\x01"), "magic is 0x16c74"),
        (&[word::BYTES], 0, "size is 0x0, and 0x3000 was expected"),
        (&[word::BYTES], u64::MAX, "size is 0xffffffffffffffff, and 0x3000 was expected"),
        (&[word::NONCE], 0, "nonce is 0x0, and 0x123456789abcdef was expected"),
        (&[word::ID], 1, "id is 0x1, and 0xf0f0 was expected"),
        (&[word::ID + 1], 1, "id is 0x1"),
        (&[word::HASH], 0, "schema hash is 0x0, and "),
        (&[word::HASH + 1], u64::MAX, "schema hash is 0xffff"),
        (&[word::PAYLOAD], 0, "message size is 0x0, and 0x30 was expected"),
        (&[word::PAYLOAD], 49, "message size is 0x31, and 0x30 was expected"),
        (&[word::PAYLOAD], u64::MAX, "message size is 0xffff"),
        (&[word::CELLS], 0, "a power of two of cells, more than its depth; found 0"),
        (&[word::CELLS], 64, "a ring of depth 64 needs a power of two of cells, more than its depth; found 64"),
        (&[word::CELLS], 127, "more than its depth; found 127"),
        (&[word::CELLS], 256, "size of the ring in words is 0x400, and 0x800 was expected"),
        (&[word::CELLS], 1 << 26, "size of the ring in words is 0x400, and 0x20000000 was expected"),
        (&[word::CELLS], 1 << 27, "found 134217728"),
        (&[word::CELLS], 1 << 63, "found 9223372036854775808"),
        (&[word::CELLS], u64::MAX, "found 18446744073709551615"),
        (&[word::DEPTH], 0, "`depth` is 0, and must be between 1 and 16777216 messages"),
        (&[word::DEPTH], CELLS, "a ring of depth 128 needs a power of two of cells, more than its depth; found 128"),
        (&[word::DEPTH], u64::MAX, "`depth` is 18446744073709551615, and must be between 1 and 16777216 messages"),
        (&[word::HEAD], (1 << 62) + 1, "its head is beyond every sequence"),
        (&[word::HEAD], u64::MAX, "its head is beyond every sequence"),
    ]
}

#[test]
fn a_wrong_header_is_reported_with_both_values() {
    for (words, value, reason) in headers() {
        let scene = Scene::new();
        let segment = valid();
        words.iter().for_each(|&index| segment.set(index, value));
        let registration = scene.announce(&segment);
        let error = scene.refusal();
        assert!(error.contains(reason), "{reason:?} is not in: {error}");
        assert!(error.contains(&format!("(pid {}, ", std::process::id())), "{error}");
        assert!(error.contains("\"forged\""), "{error}");
        scene.withdraw(registration);
        scene.end();
    }
}

#[test]
fn a_wrong_header_is_reported_once_and_others_are_read() {
    for (words, value, reason) in headers() {
        let scene = Scene::new();
        let mut subscriber = scene.subscribe();
        let segment = valid();
        words.iter().for_each(|&index| segment.set(index, value));
        let registration = scene.announce(&segment);
        let mut publisher = scene.publish();
        publisher.publish(&[1; 6]).unwrap();
        let (errors, messages) = drain(&mut subscriber);
        assert_eq!(messages, [[1; 6]], "{reason}");
        // A subscriber that is older than the publisher does not need its head.
        let expected = usize::from(words != [word::HEAD]);
        assert_eq!(errors.len(), expected, "{errors:?}");
        assert!(errors.iter().all(|error| error.contains(reason)), "{errors:?}");
        scene.withdraw(registration);
        drop((subscriber, publisher));
        scene.end();
    }
}

#[test]
fn memory_that_could_change_while_it_is_read_is_refused() {
    for missing in [libc::F_SEAL_SHRINK, libc::F_SEAL_GROW, libc::F_SEAL_FUTURE_WRITE, libc::F_SEAL_SEAL, SEALS] {
        let scene = Scene::new();
        let shape = valid();
        let segment = Segment::new(8 * shape.len(), SEALS & !missing);
        let registration = scene.announce(&segment);
        let error = scene.refusal();
        let reason = format!("its memory is not sealed (seals {:#x})", SEALS & !missing);
        assert!(error.contains(&reason), "{reason:?} is not in: {error}");
        scene.withdraw(registration);
        scene.end();
    }
}

/// The size of the file, the size in its entry, and the reported reason.
const SIZES: &[(usize, u64, &str)] = &[
    (0, 0, "it has 0 bytes, and its header alone has 4096"),
    (8, 8, "it has 8 bytes, and its header alone has 4096"),
    (4095, 4095, "it has 4095 bytes, and its header alone has 4096"),
    (4096, 4096, "magic is 0x0"),
    (12288, 12289, "size of the file is 0x3000, and 0x3001 was expected"),
    (12288, 0, "size of the file is 0x3000, and 0x0 was expected"),
    (12288, u64::MAX, "size of the file is 0x3000, and 0xffffffffffffffff was expected"),
    (12285, 12285, "magic is 0x0"),
];

#[test]
fn a_size_that_differs_from_the_entry_is_reported_before_anything_is_mapped() {
    for &(file, entry, reason) in SIZES {
        let scene = Scene::new();
        let segment = Segment::new(file, SEALS);
        let memory = MemoryEntry { bytes: entry, ..segment.memory() };
        let topic =
            slotcast::registry::TopicDirectory::enter(&scene.domain, &slotcast::TopicName::new("corrupt").unwrap())
                .unwrap();
        let registration = topic.announce(&announcement::<Message>(FORGED, Some(memory))).unwrap();
        let error = scene.refusal();
        assert!(error.contains(reason), "{reason:?} is not in: {error}");
        topic.withdraw(registration);
        drop(topic);
        scene.end();
    }
}

/// Sealed memory that is mostly holes: it claims to be large, but none of it is allocated.
#[test]
fn a_large_empty_ring_costs_a_reader_little() {
    let scene = Scene::new();
    let cells = 1 << 22; // 256 MiB
    let segment = Segment::of::<Message>(FORGED, cells, DEPTH);
    let registration = scene.announce(&segment);
    let before = slotcast_tests::holdings::Holdings::now().resident_kib;
    let mut subscriber = scene.subscribe();
    assert!(subscriber.try_recv().unwrap().is_none());
    let grown = slotcast_tests::holdings::Holdings::now().resident_kib.saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} KiB");
    scene.withdraw(registration);
    drop(subscriber);
    scene.end();
}
