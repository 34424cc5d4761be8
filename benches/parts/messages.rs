//! Publishing and receiving within this process: what they cost in instructions, without any
//! hand-over between processors.

use criterion::{Criterion, Throughput};
use slotcast::{Publisher, ShmMessage, Subscriber};
use slotcast_benches::Place;
use std::hint::black_box;

/// With its stamp and time it fills one cache line.
type Small = [u64; 6];

/// Not every bit pattern is valid for it: it is validated when it is received.
#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Checked {
    mode: Mode,
    flags: [bool; 7],
    values: [f64; 5],
}

#[derive(ShmMessage, Clone, Copy)]
#[repr(u8)]
enum Mode {
    Off,
    On,
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let place = Place::new().expect("a directory in /dev/shm");
    let publisher = |topic: &str| Publisher::<Small>::builder(topic).domain(&place).create().unwrap();
    let subscriber = |topic: &str| Subscriber::<Small>::builder(topic).domain(&place).create().unwrap();

    let mut alone = publisher("alone");
    criterion.bench_function("publish 48 bytes", |bench| {
        bench.iter(|| alone.publish(black_box(&[7; 6])).unwrap());
    });
    let mut timed = Publisher::<Small>::builder("timed").timestamps(true).domain(&place).create().unwrap();
    criterion.bench_function("publish 48 bytes with a time", |bench| {
        bench.iter(|| timed.publish(black_box(&[7; 6])).unwrap());
    });
    criterion.bench_function("loan, fill and send 48 bytes", |bench| {
        bench.iter(|| {
            let mut loan = alone.loan().unwrap();
            *loan = black_box([7; 6]);
            alone.send(loan).unwrap()
        });
    });

    let (mut sender, mut receiver) = (publisher("pair"), subscriber("pair"));
    criterion.bench_function("publish and try_recv 48 bytes", |bench| {
        bench.iter(|| {
            sender.publish(black_box(&[7; 6])).unwrap();
            receiver.try_recv().unwrap().unwrap()[5]
        });
    });
    criterion.bench_function("try_recv of nothing", |bench| {
        bench.iter(|| receiver.try_recv().unwrap().is_none());
    });
    sender.publish(&[7; 6]).unwrap();
    let sample = receiver.try_recv().unwrap().unwrap();
    criterion.bench_function("clone and drop a sample", |bench| bench.iter(|| black_box(&sample).clone()));

    let mut checked = Publisher::<Checked>::builder("checked").domain(&place).create().unwrap();
    let mut validating = Subscriber::<Checked>::builder("checked").domain(&place).create().unwrap();
    let message = Checked { mode: Mode::On, flags: [true; 7], values: [7.0; 5] };
    criterion.bench_function("publish and try_recv 48 bytes that are validated", |bench| {
        bench.iter(|| {
            checked.publish(black_box(&message)).unwrap();
            let received = validating.try_recv().unwrap().unwrap();
            assert!(matches!(received.mode, Mode::On) && received.flags[6]);
            received.values[4]
        });
    });

    // In a ring of two cells, every third message laps the reader.
    let mut fast = Publisher::<Small>::builder("lapped").depth(1).domain(&place).create().unwrap();
    let mut slow = subscriber("lapped");
    criterion.bench_function("publish three, then try_recv that was overtaken", |bench| {
        bench.iter(|| {
            for _ in 0..3 {
                fast.publish(black_box(&[7; 6])).unwrap();
            }
            let received = slow.try_recv().unwrap().unwrap();
            assert_eq!(received.lost_before(), 2);
        });
    });
    many_publishers(criterion, &place);
    kibibytes(criterion, &place);
}

/// What each additional publisher costs a subscriber that finds nothing.
fn many_publishers(criterion: &mut Criterion, place: &Place) {
    for count in [10, 100] {
        let topic = format!("many-{count}");
        let crowd: Vec<Publisher<Small>> =
            (0..count).map(|_| Publisher::builder(&*topic).domain(place).create().unwrap()).collect();
        let mut subscriber = Subscriber::<Small>::builder(&*topic).domain(place).create().unwrap();
        criterion.bench_function(&format!("try_recv of nothing from {count} publishers"), |bench| {
            bench.iter(|| subscriber.try_recv().unwrap().is_none());
        });
        drop(crowd);
    }
}

fn kibibytes(criterion: &mut Criterion, place: &Place) {
    let mut publisher = Publisher::<[u64; 128]>::builder("kibibyte").domain(place).create().unwrap();
    let mut subscriber = Subscriber::<[u64; 128]>::builder("kibibyte").domain(place).create().unwrap();
    let mut group = criterion.benchmark_group("1 KiB");
    group.throughput(Throughput::Bytes(1024));
    group.bench_function("publish", |bench| bench.iter(|| publisher.publish(black_box(&[7; 128])).unwrap()));
    while subscriber.try_recv().unwrap().is_some() {}
    group.bench_function("publish and try_recv", |bench| {
        bench.iter(|| {
            publisher.publish(black_box(&[7; 128])).unwrap();
            subscriber.try_recv().unwrap().unwrap()[127]
        });
    });
    group.finish();
}
