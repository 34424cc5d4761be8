//! Services: what a call costs whose client and server are in one thread, beside two messages of the
//! same size, one each way.

use criterion::Criterion;
use slotcast::{Client, Publisher, Server, Subscriber};
use slotcast_benches::Place;
use std::hint::black_box;
use std::task::Poll;

type Message = [u64; 8];

pub(crate) fn bench(criterion: &mut Criterion) {
    let place = Place::new().expect("a directory in /dev/shm");
    let mut group = criterion.benchmark_group("services");
    let pair = |topic: &str| {
        let publisher = Publisher::<Message>::builder(topic).domain(&place).create().unwrap();
        (publisher, Subscriber::<Message>::builder(topic).domain(&place).create().unwrap())
    };
    let ((mut there, mut at), (mut back, mut home)) = (pair("there"), pair("back"));
    group.bench_function("64 bytes there and back, two topics", |bench| {
        bench.iter(|| {
            there.publish(black_box(&[7; 8])).unwrap();
            let message = at.try_recv().unwrap().unwrap();
            back.publish(&message).unwrap();
            home.try_recv().unwrap().unwrap()[7]
        });
    });
    let mut server = Server::<Message, Message>::builder("call").domain(&place).create().unwrap();
    let client = Client::<Message, Message>::builder("call").domain(&place).create().unwrap();
    group.bench_function("64 bytes there and back, a call", |bench| {
        bench.iter(|| {
            let mut pending = client.try_call(black_box(&[7; 8])).unwrap();
            let call = server.try_next().unwrap().unwrap();
            let message = *call.request();
            call.respond(&message).unwrap();
            let Poll::Ready(response) = pending.try_next() else { unreachable!("it was sent") };
            let last = response.unwrap().unwrap()[7];
            let Poll::Ready(Ok(None)) = pending.try_next() else { unreachable!("that was the end") };
            last
        });
    });
    group.finish();
}
