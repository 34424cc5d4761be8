//! Locks and the like among processes, some of which are killed.

use slotcast::region::*;
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast_tests::temp_region::TempRegion;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(20);

fn start(function: &str, arguments: &[&str]) -> Process {
    Process::start(&format!("primitives::{function}"), &TempDomain::new(), arguments)
}

fn opened(script: &testing::Script) -> Region {
    Region::open(&script.argument::<String>(0)).unwrap()
}

/// Adds one to a plain number many times, under the lock of the kind that is asked for.
#[test]
fn child_counts_under_a_lock() {
    testing::process(|script| {
        let region = opened(&script);
        let (kind, rounds): (String, u64) = (script.argument(1), script.argument(2));
        let number = Array::<u64>::open(&region, "number").unwrap();
        let add = || number.set(0, &(number.get(0).unwrap() + 1)).unwrap();
        let (mutex, lock, monitor) =
            (Mutex::open(&region, "mutex"), RwLock::open(&region, "lock"), Monitor::open(&region, "monitor"));
        for _ in 0..rounds {
            match &*kind {
                "mutex" => {
                    let _locked = mutex.as_ref().unwrap().lock(PATIENCE).unwrap();
                    add();
                }
                "lock" => {
                    drop(lock.as_ref().unwrap().read(PATIENCE).unwrap());
                    let _locked = lock.as_ref().unwrap().write(PATIENCE).unwrap();
                    add();
                }
                _ => {
                    let locked = monitor.as_ref().unwrap().lock(PATIENCE).unwrap();
                    add();
                    locked.notify_all();
                }
            }
        }
        script.say("counted");
    });
}

fn nothing_is_lost_under(kind: &str, rounds: u64) {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let number = Array::<u64>::create(&region, "number", 1).unwrap();
    Mutex::create(&region, "mutex").unwrap();
    RwLock::create(&region, "lock").unwrap();
    Monitor::create(&region, "monitor").unwrap();
    let arguments = [&*name, kind, &rounds.to_string()];
    let mut children: Vec<_> = (0..4).map(|_| start("child_counts_under_a_lock", &arguments)).collect();
    children.iter_mut().for_each(|child| child.expect("counted"));
    assert_eq!(number.get(0), Some(4 * rounds));
    children.into_iter().for_each(Process::finish);
}

#[test]
fn a_mutex_excludes() {
    nothing_is_lost_under("mutex", 5000);
}

#[test]
fn writers_of_a_lock_exclude() {
    nothing_is_lost_under("lock", 2000);
}

#[test]
fn a_monitor_excludes() {
    nothing_is_lost_under("monitor", 3000);
}

/// Holds something until it is killed.
#[test]
fn child_holds() {
    testing::process(|script| {
        let region = opened(&script);
        let hold = || {
            script.say("holds");
            script.hear("never");
        };
        match &*script.argument::<String>(1) {
            "write" => {
                let lock = RwLock::open(&region, "lock").unwrap();
                let _held = lock.write(PATIENCE).unwrap();
                hold();
            }
            "read" => {
                let lock = RwLock::open(&region, "lock").unwrap();
                let _held = (lock.read(PATIENCE).unwrap(), lock.read(PATIENCE).unwrap());
                hold();
            }
            "mutex" => {
                let mutex = Mutex::open(&region, "mutex").unwrap();
                let _held = mutex.lock(PATIENCE).unwrap();
                hold();
            }
            "once" => drop(Once::open(&region, "once").unwrap().call(PATIENCE, hold)),
            "lazy" => {
                let compute = || {
                    hold();
                    1
                };
                let _ = Lazy::<u64>::open(&region, "lazy").unwrap().force(PATIENCE, compute);
            }
            "atomic" => {
                let value = Atomic::<[u64; 4]>::open(&region, "atomic").unwrap();
                let _ = value.update(|value| {
                    hold();
                    value
                });
            }
            "map" => {
                let map = Map::<u64, u64>::open(&region, "map").unwrap();
                let _ = map.update(&1, |value| {
                    hold();
                    value
                });
            }
            "pool" => {
                let pool = Pool::<u64>::open(&region, "pool").unwrap();
                let _held = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
                hold();
            }
            "offers" => {
                let channel = Channel::<u64>::open(&region, "channel").unwrap();
                script.say("holds");
                let _ = channel.send(&6, PATIENCE);
            }
            "waits" => {
                let queue = Queue::<u64>::open(&region, "queue").unwrap();
                script.say("holds");
                let _ = queue.pop(PATIENCE);
            }
            other => panic!("{other}"),
        }
    });
}

/// Has another process hold something, and kills it.
fn killed_while_it_holds(name: &str, what: &str) {
    let mut child = start("child_holds", &[name, what]);
    child.expect("holds");
    child.kill();
}

#[test]
fn a_mutex_whose_owner_died_says_so_once() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let mutex = Mutex::create(&region, "mutex").unwrap();
    let mut child = start("child_holds", &[&name, "mutex"]);
    child.expect("holds");
    assert!(mutex.try_lock().unwrap().is_none());
    let text = mutex.lock(SHORT).unwrap_err().to_string();
    assert!(text.ends_with("and it is locked"), "{text}");
    child.kill();
    assert!(mutex.lock(PATIENCE).unwrap().owner_died());
    assert!(!mutex.lock(PATIENCE).unwrap().owner_died());
}

/// The one that waits already when the owner dies notices it, too.
#[test]
fn a_waiter_notices_that_the_owner_dies() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let mutex = Mutex::create(&region, "mutex").unwrap();
    let mut child = start("child_holds", &[&name, "mutex"]);
    child.expect("holds");
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| mutex.lock(PATIENCE).unwrap().owner_died());
        child.kill();
        assert!(waiter.join().unwrap());
    });
}

#[test]
fn dead_readers_and_writers_keep_nobody_out() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let lock = RwLock::create(&region, "lock").unwrap();
    killed_while_it_holds(&name, "read");
    assert_eq!(lock.readers(), 2);
    assert!(!lock.write(PATIENCE).unwrap().owner_died());
    assert_eq!(lock.readers(), 0);
    killed_while_it_holds(&name, "write");
    assert!(lock.is_writing());
    drop(lock.read(PATIENCE).unwrap());
    assert!(!lock.is_writing());
    killed_while_it_holds(&name, "write");
    assert!(lock.write(PATIENCE).unwrap().owner_died());
    drop(lock.read(PATIENCE).unwrap());
}

#[test]
fn what_a_dead_process_began_is_done_by_the_next() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let once = Once::create(&region, "once").unwrap();
    killed_while_it_holds(&name, "once");
    assert!(once.call(PATIENCE, || ()).unwrap());
    let lazy = Lazy::<u64>::create(&region, "lazy").unwrap();
    killed_while_it_holds(&name, "lazy");
    assert_eq!((lazy.get(), lazy.force(PATIENCE, || 7).unwrap()), (None, 7));
    let value = Atomic::<[u64; 4]>::create(&region, "atomic", &[5; 4]).unwrap();
    killed_while_it_holds(&name, "atomic");
    assert_eq!(value.load().unwrap(), [5; 4]);
    value.store(&[6; 4]).unwrap();
    assert_eq!(value.load().unwrap(), [6; 4]);
    let map = Map::<u64, u64>::create(&region, "map", 8).unwrap();
    map.insert(&1, &10).unwrap();
    killed_while_it_holds(&name, "map");
    assert_eq!(map.get(&1).unwrap(), Some(10));
    assert_eq!(map.update(&1, |value| value.map(|value| value + 1)).unwrap(), Some(11));
    let pool = Pool::<u64>::create(&region, "pool", 2).unwrap();
    killed_while_it_holds(&name, "pool");
    assert_eq!(pool.free(), 0);
    let both = (pool.try_acquire().expect("its owner is dead"), pool.acquire(PATIENCE).unwrap());
    assert!(pool.try_acquire().is_none());
    drop(both);
    assert_eq!(pool.free(), 2);
}

/// A panic, unlike a death, is noticed at once.
#[test]
fn what_panicked_is_done_by_the_next() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let panics = |act: &dyn Fn()| {
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
        assert!(caught.is_err());
    };
    let once = Once::create(&region, "once").unwrap();
    panics(&|| drop(once.call(SHORT, || panic!("as a test"))));
    assert!(once.call(SHORT, || ()).unwrap());
    let lazy = Lazy::<u64>::create(&region, "lazy").unwrap();
    panics(&|| drop(lazy.force(SHORT, || panic!("as a test"))));
    assert_eq!(lazy.force(SHORT, || 3).unwrap(), 3);
    let value = Atomic::<u64>::create(&region, "atomic", &4).unwrap();
    panics(&|| drop(value.update(|_| panic!("as a test"))));
    assert_eq!(value.fetch_add(1).unwrap(), 4);
    let map = Map::<u64, u64>::create(&region, "map", 4).unwrap();
    panics(&|| drop(map.update(&1, |_| panic!("as a test"))));
    assert_eq!(map.update(&1, |value| value.or(Some(9))).unwrap(), Some(9));
}

#[test]
fn a_waiter_that_was_killed_hinders_nobody() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let queue = Queue::<u64>::create(&region, "queue", 4).unwrap();
    for round in 0..5 {
        killed_while_it_holds(&name, "waits");
        queue.push(&round, PATIENCE).unwrap();
        assert_eq!(queue.pop(PATIENCE).unwrap(), round);
    }
}

#[test]
fn child_takes_part() {
    testing::process(|script| {
        let region = opened(&script);
        let barrier = Barrier::open(&region, "barrier").unwrap();
        let steps = Array::<u64>::open(&region, "steps").unwrap();
        let (index, rounds): (usize, u64) = (script.argument(1), script.argument(2));
        for round in 1..=rounds {
            steps.set(index, &round).unwrap();
            barrier.wait(PATIENCE).unwrap();
            assert!(steps.iter().all(|step| step == round), "{:?} in round {round}", steps.to_vec());
            barrier.wait(PATIENCE).unwrap();
        }
        Latch::open(&region, "latch").unwrap().count_down(1).unwrap();
        Event::open(&region, "ended").unwrap().wait(PATIENCE).unwrap();
        script.say("ended");
    });
}

#[test]
fn processes_go_in_step() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    Barrier::create(&region, "barrier", 3).unwrap();
    Array::<u64>::create(&region, "steps", 3).unwrap();
    let latch = Latch::create(&region, "latch", 3).unwrap();
    let ended = Event::create(&region, "ended", EventMode::Manual).unwrap();
    let mut children: Vec<_> =
        ["0", "1", "2"].into_iter().map(|index| start("child_takes_part", &[&name, index, "500"])).collect();
    latch.wait(PATIENCE).unwrap();
    ended.signal().unwrap();
    children.iter_mut().for_each(|child| child.expect("ended"));
    children.into_iter().for_each(Process::finish);
}

#[test]
fn one_that_leaves_a_barrier_has_not_come() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let barrier = Barrier::create(&region, "barrier", 2).unwrap();
    for _ in 0..3 {
        assert!(barrier.wait(Duration::from_millis(1)).unwrap_err().to_string().ends_with("is not complete"));
        assert_eq!(barrier.arrived(), 0);
    }
    std::thread::scope(|scope| {
        let other = scope.spawn(|| barrier.wait(PATIENCE).unwrap());
        assert_ne!(barrier.wait(PATIENCE).unwrap(), other.join().unwrap());
    });
}

#[test]
fn each_signal_of_an_automatic_event_lets_one_go_on() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let event = Event::create(&region, "event", EventMode::Auto).unwrap();
    event.signal().unwrap();
    event.signal().unwrap();
    event.wait(SHORT).unwrap();
    event.wait(SHORT).unwrap();
    assert!(event.wait(SHORT).is_err());
    event.signal().unwrap();
    event.reset();
    assert!(event.wait(SHORT).is_err());
}

#[test]
fn limits_of_numbers_are_checked() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    assert!(Semaphore::create(&region, "s", 3, 2).is_err());
    assert!(Semaphore::create(&region, "s", u32::MAX, 0).is_err());
    assert!(Barrier::create(&region, "b", 0).is_err());
    assert!(Latch::create(&region, "l", u32::MAX).is_err());
    let semaphore = Semaphore::create(&region, "s", 1, 1).unwrap();
    let text = semaphore.release().unwrap_err().to_string();
    assert!(text.contains("has 1 permits, of at most 1: it cannot have more"), "{text}");
    let error = RwLock::create(&region, &"x".repeat(26)).unwrap_err().to_string();
    assert!(error.contains("has 26 bytes, and may have at most 25: parts of this structure append 6"), "{error}");
    RwLock::create(&region, &"x".repeat(25)).unwrap();
    let long = "ö".repeat(200);
    let future = Future::<u8>::create(&region, "f").unwrap();
    assert!(future.fail(&long).unwrap());
    assert_eq!(future.get(SHORT).unwrap(), Err("ö".repeat(127)));
}

/// Receives values from a channel until it is closed.
#[test]
fn child_receives_from_a_channel() {
    testing::process(|script| {
        let channel = Channel::<u64>::open(&opened(&script), "channel").unwrap();
        let sum: u64 = channel.iter(PATIENCE).sum();
        script.say(&sum.to_string());
    });
}

#[test]
fn child_sends_to_a_channel() {
    testing::process(|script| {
        let channel = Channel::<u64>::open(&opened(&script), "channel").unwrap();
        let (first, count): (u64, u64) = (script.argument(1), script.argument(2));
        (first..first + count).for_each(|value| channel.send(&value, PATIENCE).unwrap());
        script.say("sent");
    });
}

fn every_value_has_one_receiver(capacity: u32, count: u64) {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let channel = Channel::<u64>::create(&region, "channel", capacity).unwrap();
    let mut receivers: Vec<_> = (0..2).map(|_| start("child_receives_from_a_channel", &[&name])).collect();
    let firsts = [0, 1_000_000, 2_000_000];
    let mut senders: Vec<_> = firsts
        .into_iter()
        .map(|first: u64| start("child_sends_to_a_channel", &[&name, &first.to_string(), &count.to_string()]))
        .collect();
    senders.iter_mut().for_each(|sender| sender.expect("sent"));
    channel.close();
    let sum: u64 = receivers.iter_mut().map(|receiver| receiver.listen().parse::<u64>().unwrap()).sum();
    assert_eq!(sum, firsts.into_iter().flat_map(|first| first..first + count).sum::<u64>());
    assert!(channel.send(&1, SHORT).unwrap_err().to_string().ends_with("is closed"));
    senders.into_iter().chain(receivers).for_each(Process::finish);
}

#[test]
fn values_of_a_buffered_channel_are_received_once() {
    every_value_has_one_receiver(8, 5000);
}

#[test]
fn values_of_a_rendezvous_are_received_once() {
    every_value_has_one_receiver(0, 1000);
}

#[test]
fn a_rendezvous_without_a_receiver_does_not_happen() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let channel = Channel::<u64>::create(&region, "channel", 0).unwrap();
    assert!(matches!(channel.send(&1, SHORT), Err(StructureError::TimedOut { .. })));
    assert!(matches!(channel.recv(SHORT), Err(StructureError::TimedOut { .. })));
    // A sender that is killed while it offers a value takes the offer with it.
    killed_while_it_holds(&name, "offers");
    assert!(matches!(channel.recv(SHORT), Err(StructureError::TimedOut { .. })));
    let mut child = start("child_sends_to_a_channel", &[&name, "5", "1"]);
    assert_eq!(channel.recv(PATIENCE).unwrap(), Some(5));
    child.expect("sent");
    child.finish();
}

#[test]
fn a_pools_objects_can_be_handed_over() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let pool = Pool::<u64>::create(&region, "pool", 2).unwrap();
    let object = pool.try_acquire().unwrap();
    object.set(&5);
    let index = object.hand_over();
    assert_eq!(pool.free(), 1);
    assert_eq!(pool.adopt(index).unwrap().get(), 5);
    assert!(pool.adopt(index).unwrap_err().to_string().contains("was not handed over"));
    assert!(pool.adopt(9).unwrap_err().to_string().contains("has 2 objects, and none at 9"));
}

#[test]
fn child_updates_a_map() {
    testing::process(|script| {
        let region = opened(&script);
        let map = Map::<u64, u64>::open(&region, "map").unwrap();
        let set = Set::<u64>::open(&region, "set").unwrap();
        let count = Atomic::<u64>::open(&region, "count").unwrap();
        let array = Array::<i64>::open(&region, "array").unwrap();
        let mut first = 0;
        for round in 0..3000_u64 {
            map.update(&(round % 50), |value| Some(value.unwrap_or(0) + 1)).unwrap();
            first += u64::from(set.insert(&(round % 100)).unwrap());
            count.fetch_add(2).unwrap();
            array.fetch_add(0, -1).unwrap();
        }
        script.say(&first.to_string());
    });
}

#[test]
fn a_map_a_set_and_counters_lose_nothing() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let map = Map::<u64, u64>::create(&region, "map", 64).unwrap();
    let set = Set::<u64>::create(&region, "set", 128).unwrap();
    let count = Atomic::<u64>::create(&region, "count", &0).unwrap();
    let array = Array::<i64>::create(&region, "array", 1).unwrap();
    let mut children: Vec<_> = (0..4).map(|_| start("child_updates_a_map", &[&name])).collect();
    let first: u64 = children.iter_mut().map(|child| child.listen().parse::<u64>().unwrap()).sum();
    assert_eq!((first, set.len()), (100, 100), "each key was added by one process");
    assert_eq!((map.len(), map.iter().map(|(_, value)| value).sum::<u64>()), (50, 4 * 3000));
    assert!(map.iter().all(|(_, value)| value == 240));
    assert_eq!((count.load().unwrap(), array.get(0)), (4 * 3000 * 2, Some(-4 * 3000)));
    children.into_iter().for_each(Process::finish);
}

#[test]
fn a_map_does_what_a_hash_map_does() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let map = Map::<[u16; 3], f32>::create(&region, "map", 40).unwrap();
    let mut model = std::collections::HashMap::new();
    let mut random = 1_u64;
    for _ in 0..5000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let key = [u16::try_from(random >> 33 & 31).unwrap(), 7, 0];
        match random >> 60 & 3 {
            0 => assert_eq!(map.remove(&key).unwrap(), model.remove(&key)),
            1 => assert_eq!(map.get(&key).unwrap(), model.get(&key).copied()),
            _ => {
                let value = f32::from(u16::try_from(random >> 48).unwrap());
                assert_eq!(map.insert(&key, &value).unwrap(), model.insert(key, value).is_none());
            }
        }
        assert_eq!(map.len(), model.len());
    }
    assert_eq!(map.iter().collect::<std::collections::HashMap<_, _>>(), model);
    for key in 100..200 {
        if map.insert(&[key, 0, 0], &0.0).is_err() {
            let text = map.insert(&[key, 0, 0], &0.0).unwrap_err().to_string();
            assert!(text.contains("is full: it has 40 keys"), "{text}");
            return;
        }
    }
    panic!("more keys than slots");
}
