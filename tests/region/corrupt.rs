//! Regions that contradict themselves, are no regions, or are scribbled over by others.

use proptest::prelude::*;
use slotcast::region::*;
use slotcast_tests::temp_region::TempRegion;
use std::os::unix::fs::FileExt;
use std::time::Duration;

const NOW: Duration = Duration::ZERO;

fn file(name: &TempRegion) -> std::fs::File {
    std::fs::File::options().read(true).write(true).open(name.path()).unwrap()
}

fn put(name: &TempRegion, at: u64, bytes: &[u8]) {
    file(name).write_all_at(bytes, at).unwrap();
}

/// Creates a region with one structure of each kind. Returns where they are.
fn with_all(name: &TempRegion, is_recorded: bool) -> Vec<Entry> {
    let builder = Region::builder(name);
    let region = if is_recorded { builder } else { builder.without_records() }.create(1 << 16).unwrap();
    Array::<u32>::create(&region, "array", 5).unwrap();
    let queue = Queue::<u64>::create(&region, "queue", 4).unwrap();
    let stack = Stack::<u64>::create(&region, "stack", 4).unwrap();
    let ring = RingBuffer::<u64>::create(&region, "ring", 4).unwrap();
    assert!(queue.try_push(&1).unwrap() && stack.try_push(&2).unwrap() && ring.try_push(&3).unwrap());
    Semaphore::create(&region, "semaphore", 1, 2).unwrap();
    Mutex::create(&region, "mutex").unwrap();
    Barrier::create(&region, "barrier", 2).unwrap();
    Latch::create(&region, "latch", 3).unwrap();
    Once::create(&region, "once").unwrap();
    Event::create(&region, "event", EventMode::Auto).unwrap();
    RwLock::create(&region, "lock").unwrap();
    Monitor::create(&region, "monitor").unwrap();
    Signal::create(&region, "signal", &1_u64).unwrap();
    Future::<u64>::create(&region, "future").unwrap();
    Atomic::create(&region, "atomic", &[1_u64; 3]).unwrap();
    Map::<u64, u64>::create(&region, "map", 4).unwrap().insert(&1, &2).unwrap();
    Set::<u64>::create(&region, "set", 4).unwrap().insert(&1).unwrap();
    Pool::<u64>::create(&region, "pool", 2).unwrap();
    Channel::<u64>::create(&region, "hand", 0).unwrap();
    Channel::<u64>::create(&region, "buffered", 2).unwrap();
    Lazy::<u64>::create(&region, "lazy").unwrap();
    region.entries().unwrap()
}

/// Opens everything and does everything that ends by itself. Only that it ends counts, without a
/// panic and without an access outside.
fn use_all(name: &TempRegion) {
    let Ok(region) = Region::open(name) else { return };
    let _ = (region.entries(), region.free(), region.check(), region.find("array"), region.schemas("map"));
    let _ = Array::<u32>::open(&region, "array").map(|array| (array.to_vec().len(), array.set(4, &1)));
    let _ = Queue::<u64>::open(&region, "queue")
        .map(|queue| (queue.try_push(&1), queue.try_pop(), queue.len(), queue.pop(NOW), queue.push(&1, NOW)));
    let _ = Stack::<u64>::open(&region, "stack").map(|stack| (stack.try_push(&1), stack.try_pop(), stack.len()));
    let _ = RingBuffer::<u64>::open(&region, "ring").map(|ring| {
        let _ = (ring.push_slice(&[1, 2]), ring.push_dropping(&3), ring.peek(), ring.last(2), ring.pop_up_to(9));
        (ring.len(), ring.try_pop())
    });
    let _ = Semaphore::open(&region, "semaphore").map(|it| (it.acquire(NOW), it.release(), it.count(), it.waiting()));
    let _ = Mutex::open(&region, "mutex").map(|mutex| drop(mutex.lock(NOW)));
    let _ = Barrier::open(&region, "barrier").map(|barrier| barrier.wait(NOW));
    let _ = Latch::open(&region, "latch").map(|latch| (latch.count_down(1), latch.wait(NOW)));
    let _ = Once::open(&region, "once").map(|once| once.call(NOW, || ()));
    let _ = Event::open(&region, "event").map(|event| (event.signal(), event.wait(NOW)));
    let _ = RwLock::open(&region, "lock").map(|lock| {
        drop(lock.read(NOW));
        drop(lock.write(NOW));
    });
    let _ = Monitor::open(&region, "monitor").map(|monitor| {
        monitor.notify_all();
        drop(monitor.lock(NOW));
    });
    let _ = Signal::<u64>::open(&region, "signal").map(|signal| (signal.get(NOW), signal.set(NOW, &1)));
    let _ = Future::<u64>::open(&region, "future").map(|future| (future.get(NOW), future.set(&1), future.fail("x")));
    let _ = Atomic::<[u64; 3]>::open(&region, "atomic").map(|atomic| atomic.load());
    let _ = Map::<u64, u64>::open(&region, "map").map(|map| (map.get(&1), map.iter().count(), map.len()));
    let _ = Set::<u64>::open(&region, "set").map(|set| (set.contains(&1), set.iter().count()));
    let _ = Pool::<u64>::open(&region, "pool").map(|pool| (pool.try_acquire().map(|it| it.get()), pool.free()));
    for channel in ["hand", "buffered"] {
        let _ = Channel::<u64>::open(&region, channel).map(|channel| channel.recv(NOW));
    }
    let _ = Lazy::<u64>::open(&region, "lazy").map(|lazy| lazy.force(NOW, || 1));
    let _ = Array::<u8>::create(&region, "new", 3);
    let _ = region.repair();
}

const VALUES: [u32; 8] = [0, 1, 2, 3, 64, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];

#[test]
fn every_word_of_the_header_can_be_anything() {
    for is_recorded in [true, false] {
        for at in (0..32).step_by(4) {
            for value in VALUES {
                let name = TempRegion::new();
                with_all(&name, is_recorded);
                put(&name, at, &value.to_le_bytes());
                use_all(&name);
            }
        }
    }
}

#[test]
fn every_word_of_a_structures_header_can_be_anything() {
    for is_recorded in [true, false] {
        let name = TempRegion::new();
        let entries = with_all(&name, is_recorded);
        let original = std::fs::read(name.path()).unwrap();
        for entry in &entries {
            for at in (0..entry.size.min(48)).step_by(4) {
                for value in VALUES {
                    put(&name, entry.offset + at, &value.to_le_bytes());
                    use_all(&name);
                    put(&name, 0, &original);
                }
            }
        }
    }
}

#[test]
fn every_word_of_the_records_can_be_anything() {
    let name = TempRegion::new();
    with_all(&name, true);
    let original = std::fs::read(name.path()).unwrap();
    // The header of the records and the first two of them.
    for at in (3104..3104 + 32 + 2 * 128).step_by(4) {
        for value in VALUES {
            put(&name, at, &value.to_le_bytes());
            use_all(&name);
            put(&name, 0, &original);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_table_can_be_anything(
        entry in 0..12_u64, name in any::<[u8; 32]>(), offset in offsets(), size in offsets(), count in 0..80_u32,
    ) {
        let region = TempRegion::new();
        with_all(&region, entry % 2 == 0);
        let at = 32 + 48 * entry;
        put(&region, at + 32, &offset.to_le_bytes());
        put(&region, at + 40, &size.to_le_bytes());
        if size % 3 == 0 {
            put(&region, at, &name);
        }
        if size % 5 == 0 {
            put(&region, 8, &count.to_le_bytes());
        }
        use_all(&region);
    }

    #[test]
    fn the_memory_can_be_anything(words in prop::collection::vec((0..5000_u64, any::<u64>()), 1..60)) {
        let region = TempRegion::new();
        with_all(&region, true);
        for (word, value) in words {
            put(&region, 3104 + 8 * word, &(value >> (value % 64)).to_le_bytes());
        }
        use_all(&region);
    }

    #[test]
    fn a_file_can_be_anything(bytes in prop::collection::vec(any::<u8>(), 0..200), starts_right in any::<bool>()) {
        let region = TempRegion::new();
        let start: &[u8] = if starts_right { b"MPIZ\x02\0\0\0" } else { b"" };
        std::fs::write(region.path(), [start, &bytes].concat()).unwrap();
        use_all(&region);
    }
}

fn offsets() -> impl Strategy<Value = u64> {
    prop_oneof![0..70_000_u64, (0..9000_u64).prop_map(|word| word * 8), any::<u64>(), Just(u64::MAX), Just(0)]
}

fn error_of(name: &TempRegion) -> String {
    Region::open(name).unwrap_err().to_string()
}

#[test]
fn what_is_no_region_says_why() {
    let name = TempRegion::new();
    let opened = |bytes: &[u8]| {
        std::fs::write(name.path(), bytes).unwrap();
        error_of(&name)
    };
    assert!(opened(b"").contains("it has 0 bytes, less than any table"));
    assert!(opened(&[7; 64]).contains("it starts with 0x07070707, and a region with 0x5a49504d"));
    assert!(opened(b"MPIZ\x03\0\0\0").contains("it has version 3 of the format, and this program knows 1 and 2"));
    assert!(opened(b"MPIZ\x02\0\0\0").contains("less than any table"));
    assert!(matches!(Region::remove(&name), Ok(true)));
    std::fs::create_dir(name.path()).unwrap();
    assert!(Region::open(&name).is_err());
    assert!(matches!(Region::remove(&name), Err(RegionError::NotARegion { .. })));
    std::fs::remove_dir(name.path()).unwrap();
    std::os::unix::fs::symlink("/dev/null", name.path()).unwrap();
    assert!(Region::open(&name).is_err());
    assert!(matches!(Region::remove(&name), Err(RegionError::NotARegion { .. })));
    std::fs::remove_file(name.path()).unwrap();
    std::fs::write(name.path(), b"of somebody else").unwrap();
    assert!(matches!(Region::remove(&name), Err(RegionError::NotARegion { .. })));
    assert!(!Region::list().unwrap().contains(&name.to_string()));
}

#[test]
fn truncated_regions_are_refused() {
    let name = TempRegion::new();
    with_all(&name, true);
    file(&name).set_len(20_000).unwrap();
    let text = error_of(&name);
    assert!(text.contains("it says 65536 bytes, and the file has 20000: it was truncated"), "{text}");
}

#[test]
fn structures_that_are_not_where_they_can_be_are_refused() {
    let name = TempRegion::new();
    let entries = with_all(&name, false);
    let opened = |offset: u64, size: u64| {
        put(&name, 32 + 32, &[offset.to_le_bytes(), size.to_le_bytes()].concat());
        let region = Region::open(&name).unwrap();
        assert!(!region.check().unwrap().is_empty());
        Array::<u32>::open(&region, "array").unwrap_err().to_string()
    };
    assert!(opened(3104, u64::MAX).contains("has 18446744073709551615 bytes at offset 3104"));
    assert!(opened(65_536, 8).contains("has 8 bytes at offset 65536, and the region has 65536"));
    assert!(opened(16, 8).contains("inside the table"));
    assert!(opened(3108, 8).contains("which is not a multiple of 8"));
    let text = opened(entries[1].offset, 28);
    assert!(text.contains("they overlap"), "{text}");
}

#[test]
fn tables_that_lie_are_refused() {
    let name = TempRegion::new();
    with_all(&name, false);
    put(&name, 8, &65_u32.to_le_bytes());
    let text = error_of(&name);
    assert!(text.contains("it says 65 entries, and has room for 64"), "{text}");
    put(&name, 12, &2000_u32.to_le_bytes());
    let text = error_of(&name);
    assert!(text.contains("it says 65536 bytes, and a table of 2000 entries needs 96032"), "{text}");
}

#[test]
fn queues_of_other_capacities_than_powers_of_two_are_refused() {
    let name = TempRegion::new();
    let region = Region::builder(&name).without_records().create(1 << 16).unwrap();
    Queue::<u64>::create(&region, "queue", 8).unwrap();
    let at = region.entries().unwrap()[0].offset;
    put(&name, at + 8, &7_u32.to_le_bytes());
    put(&name, 32 + 40, &(16 + 7 * 12_u64).to_le_bytes());
    let text = Queue::<u64>::open(&region, "queue").unwrap_err().to_string();
    assert!(text.contains("its capacity is 7, not a power of two"), "{text}");
}

#[test]
fn rubbish_in_the_words_of_a_queue_is_an_error_and_can_be_repaired() {
    let name = TempRegion::new();
    let region = name.create(1 << 16);
    let queue = Queue::<u64>::create(&region, "queue", 4).unwrap();
    queue.push(&5, NOW).unwrap();
    let at = region.find("queue").unwrap().unwrap().offset + 16 + 32;
    put(&name, at, &1000_u32.to_le_bytes());
    let text = queue.try_pop().unwrap_err().to_string();
    assert!(text.contains("its head is 0 and its tail 1, which its cells contradict"), "{text}");
    assert!(!region.repair().unwrap().is_empty());
    assert_eq!(queue.try_pop().unwrap(), None);
    assert!(queue.try_push(&6).unwrap());
    assert_eq!(queue.try_pop().unwrap(), Some(6));
}

/// Version 1, of the paper and as some clients wrote it, is read and not written.
#[test]
fn version_one_is_read_only() {
    let array = [3_u64.to_le_bytes(), 1.5_f64.to_le_bytes(), 2.5_f64.to_le_bytes(), (-1.0_f64).to_le_bytes()].concat();
    let paper = {
        let mut bytes = b"MPIZ".to_vec();
        [1_u32, 1, 16 + 64 * 40 + 32].iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        bytes.extend(b"samples");
        bytes.resize(16 + 32, 0);
        [16 + 64 * 40_u32, 32].iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        bytes.resize(16 + 64 * 40, 0);
        [bytes, array.clone()].concat()
    };
    let wide = {
        let mut bytes = b"MPIZ".to_vec();
        [1_u32, 1, 0].iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        [3104 + 32_u64, 3104 + 32].iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        bytes.extend(b"samples");
        bytes.resize(32 + 32, 0);
        [3104_u64, 32].iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        bytes.resize(3104, 0);
        [bytes, array].concat()
    };
    for bytes in [paper, wide] {
        let name = TempRegion::new();
        std::fs::write(name.path(), &bytes).unwrap();
        let region = Region::open(&name).unwrap();
        assert_eq!((region.version(), region.entries().unwrap().len()), (1, 1));
        let array = Array::<f64>::open(&region, "samples").unwrap();
        assert_eq!(array.to_vec(), [1.5, 2.5, -1.0]);
        let refusals = [
            array.set(0, &1.0).unwrap_err(),
            Array::<u8>::create(&region, "new", 1).unwrap_err(),
            Queue::<u64>::open(&region, "samples").unwrap_err(),
            region.repair().unwrap_err(),
        ];
        assert!(refusals.iter().all(|error| matches!(error, RegionError::ReadOnly { .. })), "{refusals:?}");
        assert!(refusals[0].to_string().contains("has version 1 of the format, which can only be read"));
        assert_eq!(std::fs::read(name.path()).unwrap(), bytes);
        for length in 0..bytes.len().min(200) {
            std::fs::write(name.path(), &bytes[..length]).unwrap();
            use_all(&name);
        }
    }
}
