//! Each structure does what the plain thing of one process does, whatever the order of calls.

use proptest::prelude::*;
use slotcast::region::{
    Array, Atomic, Channel, Event, EventMode, Future, Latch, Lazy, Pool, RwLock, Semaphore, Set, Signal, StructureError,
};
use slotcast::testing::PATIENCE;
use slotcast_tests::temp_region::TempRegion;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

const NOW: Duration = Duration::ZERO;

/// An operation, and what it is done with.
fn steps() -> impl Strategy<Value = Vec<(u8, usize, i64)>> {
    prop::collection::vec((any::<u8>(), 0..8_usize, any::<i64>()), 0..60)
}

fn timed_out<T>(result: Result<T, StructureError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(StructureError::TimedOut { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_array_does_what_a_slice_does(steps in steps(), len in 1..9_usize) {
        let name = TempRegion::new();
        let array = Array::<i64>::create(&name.create(1 << 16), "array", len).unwrap();
        let mut oracle = vec![0_i64; len];
        for (what, index, value) in steps {
            let inside = index < len;
            match what % 5 {
                0 => {
                    prop_assert_eq!(array.set(index, &value).is_ok(), inside);
                    oracle.get_mut(index).into_iter().for_each(|slot| *slot = value);
                }
                1 => {
                    array.fill(&value).unwrap();
                    oracle.fill(value);
                }
                2 => {
                    prop_assert_eq!(array.fetch_add(index, value), oracle.get(index).copied());
                    oracle.get_mut(index).into_iter().for_each(|slot| *slot = slot.wrapping_add(value));
                }
                3 => {
                    let current = oracle.get(index).copied().unwrap_or(1) ^ (value & 1);
                    prop_assert_eq!(array.compare_exchange(index, current, value), inside.then_some(value & 1 == 0));
                    oracle.get_mut(index).into_iter().filter(|slot| **slot == current).for_each(|slot| *slot = value);
                }
                _ => prop_assert_eq!(array.get(index), oracle.get(index).copied()),
            }
            prop_assert_eq!(array.to_vec(), oracle.clone());
        }
    }

    #[test]
    fn a_set_does_what_a_set_does(steps in steps()) {
        let name = TempRegion::new();
        let set = Set::<u64>::create(&name.create(1 << 16), "set", 8).unwrap();
        let mut oracle = BTreeSet::new();
        for (what, key, _) in steps {
            let key = key as u64;
            match what % 3 {
                0 => prop_assert_eq!(set.insert(&key).unwrap(), oracle.insert(key)),
                1 => prop_assert_eq!(set.remove(&key).unwrap(), oracle.remove(&key)),
                _ => prop_assert_eq!(set.contains(&key).unwrap(), oracle.contains(&key)),
            }
            prop_assert_eq!(set.len(), oracle.len());
            prop_assert_eq!(set.iter().collect::<BTreeSet<_>>(), oracle.clone());
        }
    }

    #[test]
    fn an_atomic_does_what_a_variable_does(steps in steps(), first in any::<i64>()) {
        let name = TempRegion::new();
        let atomic = Atomic::<i64>::create(&name.create(1 << 16), "atomic", &first).unwrap();
        let mut oracle = first;
        for (what, odd, value) in steps {
            match what % 4 {
                0 => {
                    atomic.store(&value).unwrap();
                    oracle = value;
                }
                1 => {
                    prop_assert_eq!(atomic.fetch_add(value).unwrap(), oracle);
                    oracle = oracle.wrapping_add(value);
                }
                2 => {
                    let current = if odd % 2 == 0 { oracle } else { !oracle };
                    prop_assert_eq!(atomic.compare_exchange(current, value).unwrap(), oracle);
                    oracle = if odd % 2 == 0 { value } else { oracle };
                }
                _ => {
                    oracle = oracle.rotate_left(7) ^ value;
                    prop_assert_eq!(atomic.update(|old| old.rotate_left(7) ^ value).unwrap(), oracle);
                }
            }
            prop_assert_eq!(atomic.load().unwrap(), oracle);
        }
    }

    #[test]
    fn a_pool_gives_each_object_to_one(steps in steps(), capacity in 1..6_u32) {
        let name = TempRegion::new();
        let pool = Pool::<i64>::create(&name.create(1 << 16), "pool", capacity).unwrap();
        let (mut held, mut oracle, mut handed_over) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        for (what, index, value) in steps {
            match what % 4 {
                0 => match pool.try_acquire() {
                    Some(object) => {
                        object.set(&value);
                        prop_assert_eq!(oracle.insert(object.index(), value), None);
                        prop_assert!(!handed_over.contains(&object.index()));
                        held.push(object);
                    }
                    None => prop_assert_eq!(oracle.len() + handed_over.len(), capacity as usize),
                },
                1 if !held.is_empty() => {
                    let object = held.swap_remove(index % held.len());
                    prop_assert_eq!(Some(object.get()), oracle.remove(&object.index()));
                }
                2 if !held.is_empty() => {
                    let object = held.swap_remove(index % held.len());
                    oracle.remove(&object.index());
                    handed_over.insert(object.hand_over());
                }
                _ => {
                    let index = u32::try_from(index).unwrap();
                    let adopted = pool.adopt(index);
                    prop_assert_eq!(adopted.is_ok(), handed_over.remove(&index));
                    drop(adopted);
                }
            }
            prop_assert_eq!(pool.free(), capacity as usize - oracle.len() - handed_over.len());
        }
    }

    #[test]
    fn a_semaphore_counts(steps in steps(), count in 0..4_u32, most in 0..6_u32) {
        let name = TempRegion::new();
        let count = if most == 0 { count } else { count.min(most) };
        let semaphore = Semaphore::create(&name.create(1 << 16), "semaphore", count, most).unwrap();
        let mut oracle = count;
        for (what, ..) in steps {
            if what % 2 == 0 {
                prop_assert_eq!(semaphore.try_acquire(), oracle > 0);
                oracle = oracle.saturating_sub(1);
            } else {
                prop_assert_eq!(semaphore.release().is_ok(), most == 0 || oracle < most);
                oracle = if most == 0 { oracle + 1 } else { most.min(oracle + 1) };
            }
            prop_assert_eq!(semaphore.count(), oracle);
        }
    }

    #[test]
    fn a_latch_counts_down(steps in steps(), count in 0..20_u32) {
        let name = TempRegion::new();
        let latch = Latch::create(&name.create(1 << 16), "latch", count).unwrap();
        let mut oracle = count;
        for (_, by, _) in steps {
            let by = u32::try_from(by).unwrap();
            latch.count_down(by).unwrap();
            oracle = oracle.saturating_sub(by);
            prop_assert_eq!((latch.count(), latch.is_open()), (oracle, oracle == 0));
            prop_assert_eq!(timed_out(latch.wait(NOW)).is_some(), oracle == 0);
        }
        prop_assert_eq!(latch.initial(), count);
    }

    #[test]
    fn an_event_is_signaled_until_it_is_taken_or_reset(steps in steps(), is_auto in any::<bool>()) {
        let name = TempRegion::new();
        let mode = if is_auto { EventMode::Auto } else { EventMode::Manual };
        let event = Event::create(&name.create(1 << 16), "event", mode).unwrap();
        let mut oracle = 0_u32; // how many waits would end
        for (what, ..) in steps {
            match what % 4 {
                0 => {
                    event.signal().unwrap();
                    oracle = if is_auto { oracle + 1 } else { 1 };
                }
                1 => {
                    event.reset();
                    oracle = 0;
                }
                _ => {
                    prop_assert_eq!(timed_out(event.wait(NOW)).is_some(), oracle > 0);
                    oracle = if is_auto { oracle.saturating_sub(1) } else { oracle };
                }
            }
        }
    }

    #[test]
    fn a_channel_does_what_a_deque_does(steps in steps(), capacity in 1..9_u32) {
        let name = TempRegion::new();
        let channel = Channel::<i64>::create(&name.create(1 << 16), "channel", capacity).unwrap();
        let room = capacity.max(2).next_power_of_two() as usize;
        let mut oracle = VecDeque::new();
        for (what, _, value) in steps {
            if what % 2 == 0 {
                prop_assert_eq!(timed_out(channel.send(&value, NOW)).is_some(), oracle.len() < room);
                if oracle.len() < room {
                    oracle.push_back(value);
                }
            } else {
                prop_assert_eq!(timed_out(channel.recv(NOW)).flatten(), oracle.pop_front());
            }
        }
        channel.close();
        prop_assert!(channel.send(&0, NOW).is_err());
        prop_assert_eq!(channel.iter(NOW).collect::<VecDeque<_>>(), oracle);
    }

    #[test]
    fn a_signal_has_the_last_value_and_counts_changes(values in prop::collection::vec(any::<i64>(), 0..20)) {
        let name = TempRegion::new();
        let signal = Signal::<i64>::create(&name.create(1 << 16), "signal", &0).unwrap();
        let first = signal.version();
        for (count, value) in (1..).zip(&values) {
            let before = signal.version();
            signal.set(PATIENCE, value).unwrap();
            prop_assert_eq!(signal.version() - first, count);
            prop_assert_eq!(signal.wait_for_change(before, NOW).unwrap(), signal.version());
            prop_assert_eq!(signal.get(PATIENCE).unwrap(), *value);
        }
    }

    #[test]
    fn what_is_set_once_stays(values in prop::collection::vec((any::<bool>(), any::<i64>()), 1..8)) {
        let name = TempRegion::new();
        let region = name.create(1 << 16);
        let (future, lazy) = (Future::<i64>::create(&region, "future").unwrap(), Lazy::create(&region, "lazy").unwrap());
        let mut oracle = None;
        for (fails, value) in &values {
            let is_first = oracle.is_none();
            let set = if *fails { future.fail(&value.to_string()) } else { future.set(value) };
            prop_assert_eq!(set.unwrap(), is_first);
            oracle.get_or_insert_with(|| if *fails { Err(value.to_string()) } else { Ok(*value) });
            prop_assert_eq!(future.try_get().unwrap(), oracle.clone());
            prop_assert_eq!(lazy.force(PATIENCE, || *value).unwrap(), values[0].1);
        }
    }

    #[test]
    fn a_read_write_lock_admits_readers_or_a_writer(steps in steps()) {
        let name = TempRegion::new();
        let lock = RwLock::create(&name.create(1 << 16), "lock").unwrap();
        let (mut readers, mut writer) = (Vec::new(), None);
        for (what, ..) in steps {
            match what % 4 {
                0 => {
                    let reader = timed_out(lock.read(NOW));
                    prop_assert_eq!(reader.is_some(), writer.is_none());
                    readers.extend(reader);
                }
                1 if writer.is_none() => {
                    writer = timed_out(lock.write(NOW));
                    prop_assert_eq!(writer.is_some(), readers.is_empty());
                }
                2 => drop(readers.pop()),
                _ => writer = None,
            }
            prop_assert_eq!(lock.readers() as usize, readers.len());
            prop_assert_eq!(lock.is_writing(), writer.is_some());
        }
    }
}
