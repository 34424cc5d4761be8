//! A lossless publisher of large messages without capacity: what it does not publish costs no slot.

use crate::messages::{Large, fill, large, number};
use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{PublishError, Publisher, Sample, Subscriber};
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(5);
const DEPTH: u64 = 4;
const TIMES: usize = 500;

/// Returns how many slots are free, besides those that are in use anyway.
fn free(publisher: &mut Publisher<Large>) -> usize {
    std::iter::from_fn(|| publisher.loan().ok()).collect::<Vec<_>>().len()
}

#[test]
fn large_messages_that_are_refused_cost_no_slot() {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<Large>::builder("x").domain(&domain).lossless().create().unwrap();
    let builder = Publisher::<Large>::builder("x").domain(&domain).depth(DEPTH).lossless(SHORT);
    let mut publisher = builder.max_memory(40 << 16).create().unwrap();
    for number in 0..DEPTH {
        assert_eq!(publisher.try_publish(&large(number)).unwrap(), number);
    }
    let before = free(&mut publisher);
    let memory = publisher.pool_memory();
    let next = large(DEPTH);
    for _ in 0..TIMES {
        assert!(matches!(publisher.try_publish(&next), Err(PublishError::Full { .. })));
    }
    for _ in 0..5 {
        assert!(matches!(publisher.publish(&next), Err(PublishError::LagTimeout(_))));
    }
    // What is handed back is the same loan, with its contents.
    let mut loan = publisher.loan().unwrap();
    fill(&mut loan[..], DEPTH);
    for turn in 0..TIMES {
        let error = if turn % 100 > 0 { publisher.try_send(loan) } else { publisher.send(loan) }.unwrap_err();
        let reason = &error.reason;
        assert!(matches!((reason, turn % 100), (PublishError::Full { .. }, 1..) | (PublishError::LagTimeout(_), 0)));
        loan = error.into_inner();
        assert_eq!(number(&loan[..]), DEPTH);
    }
    let mut partial = publisher.publish_partial(loan).unwrap();
    partial.advance(100).unwrap();
    for turn in 0..TIMES {
        let error = if turn % 100 > 0 { publisher.try_finish(partial) } else { publisher.finish(partial) }.unwrap_err();
        let reason = &error.reason;
        assert!(matches!((reason, turn % 100), (PublishError::Full { .. }, 1..) | (PublishError::LagTimeout(_), 0)));
        partial = error.into_inner();
    }
    assert_eq!(free(&mut publisher), before - 1, "all but the partial one");
    assert_eq!(publisher.pool_memory(), memory);
    // It is sent once there is capacity, and nothing else was sent.
    let numbers = |subscriber: &mut Subscriber<Large>, most: usize| -> Vec<u64> {
        subscriber.try_iter().take(most).map(|sample| number(&sample.unwrap()[..])).collect()
    };
    assert_eq!(numbers(&mut subscriber, 1), [0]);
    assert_eq!(publisher.try_finish(partial).unwrap(), DEPTH);
    assert!(matches!(publisher.try_publish(&next), Err(PublishError::Full { .. })));
    assert_eq!(numbers(&mut subscriber, 9), [1, 2, 3, 4]);
    for number in 5..200 {
        publisher.publish(&large(number)).unwrap();
        assert_eq!(numbers(&mut subscriber, 9), [number]);
    }
    assert_eq!(subscriber.lost(), 0);
    assert!(free(&mut publisher) >= before - 5, "all but what the ring has more now");
    assert_eq!(publisher.pool_memory(), memory);
}

#[test]
fn slices_that_are_refused_cost_no_slot() {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<[u64]>::builder("x").domain(&domain).lossless().create().unwrap();
    let builder = Publisher::<[u64]>::builder("x").domain(&domain).depth(DEPTH).lossless(SHORT);
    let mut publisher = builder.create().unwrap();
    let message: Vec<u64> = large(7)[..].to_vec();
    for _ in 0..DEPTH {
        publisher.publish_slice(&message).unwrap();
    }
    assert!(matches!(publisher.publish_slice(&message), Err(PublishError::LagTimeout(_))));
    let memory = publisher.pool_memory();
    for _ in 0..50 {
        assert!(matches!(publisher.publish_slice(&message), Err(PublishError::LagTimeout(_))));
    }
    for _ in 0..TIMES {
        let mut loan = publisher.loan_slice_uninit(message.len()).unwrap().assume_filled();
        loan.copy_from_slice(&message);
        let error = publisher.try_send(loan).unwrap_err();
        assert!(matches!(error.reason, PublishError::Full { .. }), "{error}");
        assert_eq!(number(&error.into_inner()), 7);
    }
    assert_eq!(publisher.pool_memory(), memory);
    let samples: Vec<Sample<[u64]>> = subscriber.try_iter().map(Result::unwrap).collect();
    assert!(samples.len() as u64 == DEPTH && samples.iter().all(|sample| number(sample) == 7));
    publisher.publish_slice(&message).unwrap();
    assert_eq!((subscriber.try_iter().count(), subscriber.lost()), (1, 0));
}

/// A publisher of large messages that waits is woken by a reader, and continues.
#[test]
fn large_messages_wait_for_capacity() {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<Large>::builder("x").domain(&domain).lossless().create().unwrap();
    let builder = Publisher::<Large>::builder("x").domain(&domain).depth(2).lossless(PATIENCE);
    let mut publisher = builder.create().unwrap();
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| (0..300).for_each(|number| assert_eq!(publisher.publish(&large(number)), Ok(number))));
        for expected in 0..300 {
            let sample = subscriber.recv().unwrap();
            assert_eq!((number(&sample[..]), sample.lost_before()), (expected, 0));
        }
    });
    assert!(start.elapsed() < PATIENCE / 2);
}
