//! Events: what it costs to tell of one, and to find that nothing has happened, beside a counter of
//! this process.

use criterion::Criterion;
use slotcast::{Listener, Notifier};
use slotcast_benches::Place;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) fn bench(criterion: &mut Criterion) {
    let place = Place::new().expect("a directory in /dev/shm");
    let mut group = criterion.benchmark_group("events");
    let counter = AtomicU64::new(0);
    group.bench_function("a counter of this process", |bench| {
        bench.iter(|| black_box(&counter).fetch_add(1, Ordering::Relaxed));
    });
    let mut notifier: Notifier = Notifier::builder("events").domain(&place).create().unwrap();
    group.bench_function("notify, nobody listens", |bench| bench.iter(|| notifier.notify(black_box(7)).unwrap()));
    let mut listener: Listener = Listener::builder("events").domain(&place).create().unwrap();
    group.bench_function("notify, a listener is idle", |bench| bench.iter(|| notifier.notify(black_box(7)).unwrap()));
    while listener.try_recv().unwrap().is_some() {}
    group.bench_function("try_recv, nothing has happened", |bench| {
        bench.iter(|| assert!(listener.try_recv().unwrap().is_none()));
    });
    group.finish();
}
