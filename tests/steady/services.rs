//! Calls allocate nothing, once as many as the window were made.

use super::ALLOCATIONS;
use slotcast::testing::TempDomain;
use slotcast::{Client, Server};
use std::task::Poll;

const CALLS: u64 = 20_000;

#[test]
fn calls_and_their_responses_allocate_nothing() {
    let domain = TempDomain::new();
    let mut server = Server::<[u64; 8], [u64; 8]>::builder("calls").domain(&domain).create().unwrap();
    let client = Client::<[u64; 8], [u64; 8]>::builder("calls").domain(&domain).create().unwrap();
    let mut exchange = |numbers: std::ops::Range<u64>| {
        for number in numbers {
            let mut pending = client.try_call(&[number; 8]).unwrap();
            let call = server.try_next().unwrap().expect("it was sent");
            let request = *call.request();
            if number % 3 == 0 {
                call.send(&request).unwrap();
            }
            call.respond(&request).unwrap();
            for _ in 0..1 + u64::from(number % 3 == 0) {
                let Poll::Ready(Ok(Some(item))) = pending.try_next() else { panic!("it was sent") };
                assert_eq!(*item, [number; 8]);
            }
            assert!(matches!(pending.try_next(), Poll::Ready(Ok(None))));
        }
    };
    exchange(0..CALLS);
    let before = ALLOCATIONS.get();
    exchange(CALLS..2 * CALLS);
    assert_eq!(ALLOCATIONS.get() - before, 0);
}
