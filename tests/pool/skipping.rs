//! Sequences that a publisher leaves out: subscribers of all kinds count them, and memory is reused.

use slotcast::testing::{PATIENCE, TempDomain, until};
use slotcast::{PublishError, Publisher, Subscriber};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

#[test]
fn what_is_left_out_frees_slots_but_none_that_is_held() {
    let domain = TempDomain::new();
    // Without times no message counts as a rare one, however busy the machine is.
    let builder = Publisher::<[u8]>::builder("x").domain(&domain).depth(4);
    let mut publisher = builder.timestamps(false).create().unwrap();
    let mut subscriber = Subscriber::<[u8]>::builder("x").domain(&domain).create().unwrap();
    publisher.publish_slice(&[1; 10_000]).unwrap();
    let held = subscriber.recv().unwrap();
    let mut memory = 0;
    for round in 0..200 {
        publisher.publish_slice(&[2; 10_000]).unwrap();
        publisher.skip(50).unwrap();
        publisher.publish_slice(&[3; 10_000]).unwrap();
        if round == 50 {
            memory = publisher.pool_memory();
        }
    }
    assert_eq!(publisher.pool_memory(), memory);
    assert_eq!(*held, [1; 10_000]);
    drop(held);
    assert_eq!(*subscriber.recv().unwrap(), [3; 10_000]);
    assert!(subscriber.try_recv().unwrap().is_none());
    assert_eq!(subscriber.lost(), 200 * 52 - 1);
}

#[test]
fn losses_are_counted_by_those_that_take_many_join_late_or_want_the_latest() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("x").domain(&domain).depth(16).create().unwrap();
    let create = || Subscriber::<u64>::builder("x").domain(&domain);
    let (mut many, mut latest) = (create().create().unwrap(), create().latest().create().unwrap());
    for number in 0..3 {
        publisher.publish(&number).unwrap();
        publisher.skip(2).unwrap();
    }
    publisher.publish(&3).unwrap();
    let mut taken = Vec::new();
    many.drain(|&number, _| taken.push(number)).unwrap();
    assert_eq!((taken, many.lost()), (vec![0, 1, 2, 3], 6));
    assert_eq!(*latest.recv().unwrap(), 3);
    assert_eq!(latest.lost() + latest.skipped(), 9);
    let mut late = create().history(5).create().unwrap();
    let sample = late.recv().unwrap();
    assert_eq!((*sample, sample.sequence()), (2, 6), "what was left out before it joined is not lost to it");
    assert_eq!((*late.recv().unwrap(), late.lost()), (3, 2));
}

/// A lossless publisher waits until its subscriber has passed what is left out: a gap takes capacity.
#[test]
fn lossless_subscribers_pass_gaps_that_are_longer_than_a_ring() {
    const ROUNDS: u64 = 50;
    let domain = TempDomain::new();
    let builder = Publisher::<u64>::builder("x").domain(&domain).depth(4);
    let mut publisher = builder.lossless(PATIENCE).create().unwrap();
    let mut subscriber = Subscriber::<u64>::builder("x").domain(&domain).lossless().create().unwrap();
    static READ: AtomicU64 = AtomicU64::new(0);
    let reading = thread::spawn(move || {
        for number in 0..ROUNDS {
            let sample = subscriber.recv_timeout(PATIENCE).unwrap().unwrap();
            assert_eq!((*sample, sample.sequence()), (number, number * 101));
            READ.store(number + 1, Ordering::Relaxed);
        }
        subscriber.lost()
    });
    for number in 0..ROUNDS {
        publisher.publish(&number).unwrap();
        publisher.skip(100).unwrap();
    }
    until("all is read", || READ.load(Ordering::Relaxed) == ROUNDS);
    assert_eq!(reading.join().unwrap(), (ROUNDS - 1) * 100);
}

#[test]
fn a_subscriber_that_does_not_read_holds_up_a_gap() {
    let domain = TempDomain::new();
    let builder = Publisher::<u64>::builder("x").domain(&domain).depth(4);
    let mut publisher = builder.lossless(Duration::from_millis(5)).create().unwrap();
    let subscriber = Subscriber::<u64>::builder("x").domain(&domain).lossless().create().unwrap();
    let error = publisher.skip(10).unwrap_err();
    assert!(matches!(error, PublishError::LagTimeout(_)), "{error}");
    drop(subscriber);
    publisher.skip(10).unwrap();
}
