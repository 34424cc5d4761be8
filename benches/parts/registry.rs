//! Joining, leaving, and listing endpoints.

use criterion::{BatchSize, Criterion};
use slotcast::registry::{Role, TopicDirectory};
use slotcast::{Publisher, ShmMessage, Subscriber, TopicName};
use slotcast_benches::Place;
use std::hint::black_box;

type Small = [u64; 6];

/// The most endpoints at one time: each holds descriptors.
const FEW: BatchSize = BatchSize::NumIterations(50);

pub(crate) fn bench(criterion: &mut Criterion) {
    let place = Place::new().expect("a directory in /dev/shm");
    let publisher = |topic: &str| Publisher::<Small>::builder(topic).domain(&place).create().unwrap();
    let subscriber = |topic: &str| Subscriber::<Small>::builder(topic).domain(&place).create().unwrap();

    criterion.bench_function("hash a schema", |bench| bench.iter(|| black_box(Small::SCHEMA).try_hash().unwrap()));

    // Creating and dropping are measured separately.
    let _here = (publisher("come"), subscriber("come"));
    criterion.bench_function("create a publisher", |bench| {
        bench.iter_batched(|| (), |()| publisher("come"), FEW);
    });
    criterion.bench_function("create a subscriber", |bench| {
        bench.iter_batched(|| (), |()| subscriber("come"), FEW);
    });
    criterion.bench_function("drop a publisher", |bench| {
        bench.iter_batched(|| publisher("come"), drop, FEW);
    });
    criterion.bench_function("drop a subscriber", |bench| {
        bench.iter_batched(|| subscriber("come"), drop, FEW);
    });
    criterion.bench_function("create and drop a topic's first publisher", |bench| bench.iter(|| publisher("first")));

    for count in [10, 100] {
        let topic = format!("crowd-{count}");
        let crowd: Vec<Publisher<Small>> = (0..count).map(|_| publisher(&topic)).collect();
        let name: TopicName = topic.parse().unwrap();
        let directory = TopicDirectory::enter(&place, &name).unwrap();
        let names = directory.names(Role::Publisher).unwrap();
        assert_eq!(names.len(), count);
        if count == 10 {
            criterion.bench_function("open, probe and decode an entry", |bench| {
                bench.iter(|| directory.open(&names[0]).unwrap().live().unwrap());
            });
        }
        criterion.bench_function(&format!("list {count} entries"), |bench| {
            bench.iter(|| directory.names(Role::Publisher).unwrap());
        });
        criterion.bench_function(&format!("list, open and decode {count} entries"), |bench| {
            bench.iter(|| {
                let names = directory.names(Role::Publisher).unwrap();
                names.iter().filter(|name| directory.open(name).unwrap().is_alive()).count()
            });
        });
        drop(crowd);
    }
}
