//! The format, byte for byte: against bytes written out here, and against another client.

use slotcast::ShmMessage;
use slotcast::region::*;
use slotcast::testing::PATIENCE;
use slotcast_tests::temp_region::TempRegion;
use std::process::Command;

/// Runs an action of the other client. Returns `false` if there is no Python here.
fn python(arguments: &[&str]) -> bool {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/region/foreign.py");
    match Command::new("python3").arg(script).args(arguments).output() {
        Ok(output) => {
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            true
        }
        Err(error) => {
            println!("left out: there is no python3 here ({error})");
            false
        }
    }
}

/// Returns bytes of a region's file.
fn bytes(name: &TempRegion, at: usize, count: usize) -> Vec<u8> {
    std::fs::read(name.path()).unwrap()[at..at + count].to_vec()
}

#[test]
fn a_region_without_records_has_exactly_the_bytes_of_the_format() {
    let name = TempRegion::new();
    let region = Region::builder(&name).without_records().create(0x2000).unwrap();
    let array = Array::<u32>::create(&region, "numbers", 3).unwrap();
    array.set(1, &0x0102_0304).unwrap();
    let queue = Queue::<u16>::create(&region, "q", 2).unwrap();
    assert!(queue.try_push(&0xABCD).unwrap());

    let mut header = b"MPIZ\x02\0\0\0\x02\0\0\0\x40\0\0\0".to_vec();
    header.extend([0x00, 0x20, 0, 0, 0, 0, 0, 0]); // the size of the memory
    header.extend([0x58, 0x0C, 0, 0, 0, 0, 0, 0]); // the next offset: 3160
    assert_eq!(bytes(&name, 0, 32), header);
    let mut entries = b"numbers".to_vec();
    entries.resize(32, 0);
    entries.extend([0x20, 0x0C, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0]); // 20 bytes at 3104
    entries.push(b'q');
    entries.resize(48 + 32, 0);
    entries.extend([0x38, 0x0C, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0]); // 32 bytes at 3128
    assert_eq!(bytes(&name, 32, 96), entries);
    assert!(bytes(&name, 128, 3104 - 128).iter().all(|&byte| byte == 0));
    assert_eq!(bytes(&name, 3104, 20), [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 3, 2, 1, 0, 0, 0, 0]);
    let mut expected = vec![0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0]; // head, tail, capacity, size
    expected.extend([0xCD, 0xAB, 0, 0, 0, 0, 0, 0]); // two elements, and up to the next multiple of 8
    expected.extend([1, 0, 0, 0, 1, 0, 0, 0]); // the words of both cells
    assert_eq!(bytes(&name, 3128, 32), expected);
    assert!(bytes(&name, 3160, 0x2000 - 3160).iter().all(|&byte| byte == 0));
}

#[test]
fn another_client_reads_what_was_written_here() {
    for is_recorded in [true, false] {
        let name = TempRegion::new();
        let builder = Region::builder(&name);
        let region = if is_recorded { builder } else { builder.without_records() }.create(1 << 17).unwrap();
        assert_eq!(region.is_recorded(), is_recorded);
        let array = Array::<f64>::create(&region, "array", 3).unwrap();
        [1.5, 2.5, -3.0].iter().enumerate().for_each(|(index, value)| array.set(index, value).unwrap());
        let queue = Queue::<[u8; 3]>::create(&region, "queue", 4).unwrap();
        assert!([b"one", b"two", b"six"].iter().all(|text| queue.try_push(text).unwrap()));
        assert_eq!(queue.try_pop().unwrap(), Some(*b"one"));
        let stack = Stack::<i64>::create(&region, "stack", 3).unwrap();
        assert!([-7, 8].iter().all(|value| stack.try_push(value).unwrap()));
        let ring = RingBuffer::<f32>::create(&region, "ring", 4).unwrap();
        assert_eq!(ring.push_slice(&[1.0, 2.0, 3.0, 4.0]).unwrap(), 4);
        assert_eq!(ring.pop_up_to(3).unwrap().len(), 3);
        assert!(ring.try_push(&5.0).unwrap());
        Semaphore::create(&region, "semaphore", 2, 5).unwrap();
        let mutex = Mutex::create(&region, "mutex").unwrap();
        let _locked = mutex.lock(PATIENCE).unwrap();
        Barrier::create(&region, "barrier", 2).unwrap();
        Latch::create(&region, "latch", 5).unwrap().count_down(2).unwrap();
        Once::create(&region, "once").unwrap().call(PATIENCE, || ()).unwrap();
        Event::create(&region, "event", EventMode::Auto).unwrap().signal().unwrap();
        Event::create(&region, "manual", EventMode::Manual).unwrap().signal().unwrap();
        let lock = RwLock::create(&region, "lock").unwrap();
        let _read = lock.read(PATIENCE).unwrap();
        Monitor::create(&region, "monitor").unwrap();
        Signal::create(&region, "signal", &0.0).unwrap().set(PATIENCE, &0.25).unwrap();
        Future::<i64>::create(&region, "pending").unwrap();
        assert!(Future::<i64>::create(&region, "ready").unwrap().set(&-5).unwrap());
        assert!(Future::<i64>::create(&region, "failed").unwrap().fail("no such file").unwrap());
        python(&["read", &name]);
    }
}

#[test]
fn what_another_client_wrote_is_read_and_changed_here() {
    let name = TempRegion::new();
    if !python(&["write", &name, "64"]) {
        return;
    }
    let region = Region::open(&name).unwrap();
    assert!(!region.is_recorded());
    let array = Array::<f64>::open(&region, "array").unwrap();
    assert!(!array.is_verified());
    assert_eq!(array.to_vec(), [1.5, 2.5, -3.0]);
    array.set(1, &100.0).unwrap();
    let queue = Queue::<[u8; 3]>::open(&region, "queue").unwrap();
    assert_eq!((queue.len(), queue.try_pop().unwrap()), (2, Some(*b"two")));
    assert!(queue.try_push(b"new").unwrap());
    let stack = Stack::<i64>::open(&region, "stack").unwrap();
    assert_eq!((stack.len(), stack.pop(PATIENCE).unwrap()), (2, 8));
    stack.push(&99, PATIENCE).unwrap();
    let ring = RingBuffer::<f32>::open(&region, "ring").unwrap();
    assert_eq!(ring.last(9).unwrap(), [4.0, 5.0]);
    assert_eq!(ring.pop(PATIENCE).unwrap(), 4.0);
    assert!(ring.try_push(&6.0).unwrap());
    Semaphore::open(&region, "semaphore").unwrap().acquire(PATIENCE).unwrap();
    drop(Mutex::open(&region, "mutex").unwrap().lock(PATIENCE).unwrap());
    assert!(Barrier::open(&region, "barrier").unwrap().wait(PATIENCE).unwrap(), "it is the last");
    Latch::open(&region, "latch").unwrap().count_down(1).unwrap();
    assert!(Once::open(&region, "once").unwrap().call(PATIENCE, || ()).unwrap());
    Event::open(&region, "event").unwrap().wait(PATIENCE).unwrap();
    let manual = Event::open(&region, "manual").unwrap();
    manual.wait(PATIENCE).unwrap();
    manual.reset();
    let lock = RwLock::open(&region, "lock").unwrap();
    assert_eq!(lock.readers(), 1);
    let short = std::time::Duration::from_millis(5);
    assert!(lock.write(short).is_err(), "another client reads");
    drop(lock.read(PATIENCE).unwrap());
    let monitor = Monitor::open(&region, "monitor").unwrap();
    assert!(!monitor.lock(PATIENCE).unwrap().wait(short).unwrap().1);
    let signal = Signal::<f64>::open(&region, "signal").unwrap();
    assert_eq!((signal.version(), signal.update(PATIENCE, |value| value * 2.0).unwrap()), (3, 0.5));
    let future = |name| Future::<i64>::open(&region, name).unwrap();
    assert!(future("pending").try_get().unwrap().is_none());
    assert!(future("pending").set(&42).unwrap());
    assert_eq!((future("ready").get(PATIENCE).unwrap(), future("ready").completed_ns()), (Ok(-5), Some(77)));
    assert_eq!(future("failed").get(PATIENCE).unwrap(), Err("no such file".into()));
    assert!(python(&["changed", &name]));
}

/// Some clients store 0 as the number of entries, which means the default.
#[test]
fn a_table_that_does_not_say_its_size_has_the_default() {
    let name = TempRegion::new();
    if python(&["write", &name, "0"]) {
        let region = Region::open(&name).unwrap();
        assert_eq!(region.max_entries(), 64);
        assert_eq!(Array::<f64>::open(&region, "array").unwrap().get(2), Some(-3.0));
        let added = Array::<u8>::create(&region, "added", 5).unwrap();
        assert!(!added.is_verified());
    }
}

#[test]
fn elements_pass_through_queues_while_both_clients_run() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let there = Queue::<u64>::create(&region, "there", 16).unwrap();
    let back = Queue::<u64>::create(&region, "back", 16).unwrap();
    const COUNT: u64 = 20_000;
    std::thread::scope(|scope| {
        let client = scope.spawn(|| python(&["pump", &name, &COUNT.to_string()]));
        for expected in 0..COUNT {
            let value = loop {
                match there.pop(std::time::Duration::from_millis(100)) {
                    Ok(value) => break value,
                    Err(_) if client.is_finished() => return client.join().map(drop).unwrap(), // there is no Python
                    Err(_) => {}
                }
            };
            assert_eq!(value, expected);
            back.push(&(3 * value), PATIENCE).unwrap();
        }
        client.join().unwrap();
    });
}

/// What this crate adds to the format, with the numbers of the book.
#[test]
fn records_and_layouts_of_this_crate_are_those_of_the_book() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let word = |at: u64| {
        let at = usize::try_from(at).unwrap();
        u64::from_le_bytes(bytes(&name, at, 8).try_into().unwrap())
    };
    let half = |at: u64| word(at) & u64::from(u32::MAX);
    let place = |structure: &str| region.find(structure).unwrap().unwrap();
    assert_eq!((word(3104), word(3112)), (u64::from_le_bytes(*b"slotrec\x01"), 64));
    assert_eq!(place("__slotcast").size, 32 + 64 * 128);

    let atomic = Atomic::create(&region, "atomic", &[1_u64, 2, 3]).unwrap();
    let record = 3104 + 32;
    let at = place("atomic").offset;
    assert_eq!((place("atomic").size, word(record), word(record + 8)), (8 + 48, at, 15 | 24 << 32));
    let (descriptor, size) = (usize::try_from(word(record + 32)).unwrap(), usize::try_from(word(record + 40)).unwrap());
    let json: serde_json::Value = serde_json::from_slice(&bytes(&name, descriptor, size)).unwrap();
    assert_eq!(json[0]["size"], 24);
    assert_eq!(u128::from(word(record + 16)) | u128::from(word(record + 24)) << 64, <[u64; 3]>::HASH.0);
    assert_eq!([word(at), word(at + 8), word(at + 24)], [0, 1, 3]);
    atomic.store(&[4, 5, 6]).unwrap();
    assert_eq!([word(at), word(at + 8), word(at + 32), word(at + 48)], [1 << 30, 1, 4, 6]);

    let map = Map::<u64, u32>::create(&region, "map", 1).unwrap();
    map.insert(&77, &5).unwrap();
    let at = place("map").offset;
    assert_eq!([word(at), half(at + 8), half(at + 12), word(at + 16)], [1, 8, 4, 1]);
    assert_eq!([word(at + 24), word(at + 32), word(at + 48), word(at + 56)], [2, 1 << 30, 1, 77]);
    assert_eq!(half(at + 64 + 4), 5, "the second copy");
    assert_eq!(place("map").size, 24 + 32 + 8 + 8);

    let pool = Pool::<u32>::create(&region, "pool", 2).unwrap();
    let object = pool.try_acquire().unwrap();
    object.set(&9);
    let at = place("pool").offset;
    assert_eq!([half(at), half(at + 4), word(at + 24), half(at + 32)], [2, 4, 0, 9]);
    assert_eq!(word(at + 16) & 3, 2);
    assert_ne!(word(at + 16) >> 2, 0);
    assert_eq!(object.hand_over(), 0);
    assert_eq!(word(at + 16), 2);

    let lazy = Lazy::<u64>::create(&region, "lazy").unwrap();
    lazy.force(PATIENCE, || 8).unwrap();
    let at = place("lazy").offset;
    assert_eq!([word(at), word(at + 8), word(at + 16), place("lazy").size], [2, 0, 8, 24]);

    Channel::<u64>::create(&region, "hand", 0).unwrap().close();
    assert_eq!([word(place("hand").offset), place("hand").size], [1, 24 + 64 * (24 + 8)]);
    Channel::<u64>::create(&region, "buffered", 3).unwrap();
    assert_eq!(half(place("buffered_queue").offset + 8), 4);

    let mutex = Mutex::create(&region, "mutex").unwrap();
    let owner = (0..64).map(|index| 3104 + 32 + 128 * index).find(|&record| word(record) == place("mutex").offset);
    let owner = owner.unwrap() + 80;
    let guard = mutex.lock(PATIENCE).unwrap();
    assert_eq!(word(owner) & 3, 2);
    drop(guard);
    assert_eq!(word(owner), 0);
}
