//! Structures of a region beside the plain thing in the same run.
//!
//! `cargo bench -p slotcast-benches --bench region`

use criterion::{Criterion, criterion_group, criterion_main};
use crossbeam_queue::ArrayQueue;
use slotcast::region::{Array, Atomic, Map, Mutex, Pool, Queue, Region, RingBuffer, Stack};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const ELEMENTS: usize = 4096;

/// A region that is removed at the end.
struct Temp(String);

impl Temp {
    fn new() -> (Self, Region) {
        let name = format!("slotcast-bench-region-{}", std::process::id());
        let region = Region::create(&name, 1 << 22).expect("a region");
        (Self(name), region)
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = Region::remove(&self.0);
    }
}

fn arrays(c: &mut Criterion) {
    let (_temp, region) = Temp::new();
    let array = Array::<f64>::create(&region, "array", ELEMENTS).expect("an array");
    let slice: Vec<f64> = (0..4096_u16).map(f64::from).collect();
    slice.iter().enumerate().for_each(|(index, value)| array.set(index, value).expect("it is inside"));
    let order: Vec<usize> = (0..ELEMENTS).map(|index| index * 1_597 % ELEMENTS).collect();
    let mut group = c.benchmark_group("array of 4096 f64");
    group.bench_function("sequential, heap slice", |b| {
        b.iter(|| (0..black_box(ELEMENTS)).map(|index| *slice.get(index).expect("inside")).sum::<f64>());
    });
    group.bench_function("sequential, region", |b| {
        b.iter(|| (0..black_box(ELEMENTS)).map(|index| array.get(index).expect("inside")).sum::<f64>());
    });
    group.bench_function("random, heap slice", |b| {
        b.iter(|| order.iter().map(|&index| *slice.get(index).expect("inside")).sum::<f64>());
    });
    group.bench_function("random, region", |b| {
        b.iter(|| order.iter().map(|&index| array.get(index).expect("inside")).sum::<f64>());
    });
    group.finish();
}

/// What a push and a pop of one element cost at least: two exchanges and two stores.
fn bare(head: &AtomicU64, tail: &AtomicU64, cell: &AtomicU64, value: u64) -> u64 {
    let position = tail.load(Ordering::Relaxed);
    let _ = tail.compare_exchange(position, position + 1, Ordering::Relaxed, Ordering::Relaxed);
    cell.store(value, Ordering::Release);
    let position = head.load(Ordering::Relaxed);
    let _ = head.compare_exchange(position, position + 1, Ordering::Relaxed, Ordering::Relaxed);
    cell.load(Ordering::Acquire)
}

fn sequences(c: &mut Criterion) {
    let (_temp, region) = Temp::new();
    let mut group = c.benchmark_group("push and pop of a u64");
    let (head, tail, cell) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    group.bench_function("bare atomics", |b| b.iter(|| bare(&head, &tail, &cell, black_box(7))));
    let plain = ArrayQueue::new(128);
    group.bench_function("crossbeam ArrayQueue", |b| {
        b.iter(|| {
            plain.push(black_box(7_u64)).expect("room");
            plain.pop().expect("an element")
        });
    });
    let queue = Queue::<u64>::create(&region, "queue", 128).expect("a queue");
    group.bench_function("region Queue", |b| {
        b.iter(|| {
            assert!(queue.try_push(&black_box(7)).expect("sound"));
            queue.try_pop().expect("sound").expect("an element")
        });
    });
    let ring = RingBuffer::<u64>::create(&region, "ring", 128).expect("a ring");
    group.bench_function("region RingBuffer", |b| {
        b.iter(|| {
            assert!(ring.try_push(&black_box(7)).expect("sound"));
            ring.try_pop().expect("sound").expect("an element")
        });
    });
    let stack = Stack::<u64>::create(&region, "stack", 128).expect("a stack");
    group.bench_function("region Stack", |b| {
        b.iter(|| {
            assert!(stack.try_push(&black_box(7)).expect("sound"));
            stack.try_pop().expect("sound").expect("an element")
        });
    });
    group.finish();
}

fn others(c: &mut Criterion) {
    let (_temp, region) = Temp::new();
    let mut group = c.benchmark_group("region");
    let pool = Pool::<[u8; 64]>::create(&region, "pool", 64).expect("a pool");
    group.bench_function("Pool: acquire and give back", |b| b.iter(|| drop(pool.try_acquire().expect("one is free"))));
    let mutex = Mutex::create(&region, "mutex").expect("a mutex");
    group
        .bench_function("Mutex: lock and unlock", |b| b.iter(|| drop(mutex.lock(Duration::ZERO).expect("it is free"))));
    let atomic = Atomic::create(&region, "atomic", &[0_u64; 8]).expect("a value");
    group.bench_function("Atomic of 64 bytes: load", |b| b.iter(|| atomic.load().expect("sound")));
    group.bench_function("Atomic of 64 bytes: store", |b| b.iter(|| atomic.store(&black_box([1; 8])).expect("sound")));
    let map = Map::<u64, u64>::create(&region, "map", 1024).expect("a map");
    for key in 0..512 {
        map.insert(&key, &key).expect("room");
    }
    group.bench_function("Map of 512 keys: get", |b| b.iter(|| map.get(&black_box(77)).expect("sound")));
    for index in region.entries().expect("sound").len()..62 {
        Array::<u8>::create(&region, &format!("structure {index}"), 1).expect("room");
    }
    group.bench_function("find by name, the last of 63", |b| {
        b.iter(|| region.find(black_box("structure 61")).expect("sound").expect("it is there").offset);
    });
    group.finish();
}

criterion_group!(benches, arrays, sequences, others);
criterion_main!(benches);
