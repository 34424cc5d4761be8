//! Loans of slots: open at the same time, sent in any order, from any thread, or dropped.

use crate::messages::{Large, fill, large, number, publisher, subscriber};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{LoanError, Publisher};

#[test]
fn loans_are_sent_in_any_order_and_from_any_thread() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    let mut subscriber = subscriber(&domain);
    let mut loans: Vec<_> = (0..4).map(|_| publisher.loan().unwrap()).collect();
    for loan in &loans {
        assert!(loan.iter().all(|&word| word == 0));
    }
    std::thread::scope(|scope| {
        for (number, loan) in loans.iter_mut().enumerate() {
            scope.spawn(move || fill(&mut loan[..], number as u64));
        }
    });
    for (sequence, index) in [2, 0, 2, 0].into_iter().enumerate() {
        let loan = loans.swap_remove(index.min(loans.len() - 1));
        let sent = loan[0];
        assert_eq!(publisher.send(loan).unwrap(), sequence as u64);
        let sample = subscriber.try_recv().unwrap().unwrap();
        assert_eq!((sample.sequence(), number(&sample[..])), (sequence as u64, sent));
        assert!(sample.timestamp().is_some(), "by default");
    }
    // Sent from another thread, together with the publisher.
    std::thread::scope(|scope| {
        let loan = publisher.loan_uninit().unwrap();
        scope.spawn(move || publisher.send(loan.write(*large(7))).unwrap());
    });
    assert_eq!(number(&subscriber.try_recv().unwrap().unwrap()[..]), 7);
}

#[test]
fn loans_that_are_dropped_are_lent_again() {
    let domain = TempDomain::new();
    let builder = Publisher::<Large>::builder("x").domain(&domain).depth(1).max_memory(3 << 16);
    let mut publisher = builder.create().unwrap();
    for round in 0..100_u64 {
        let loans: Vec<_> = std::iter::from_fn(|| publisher.loan().ok()).collect();
        assert_eq!(loans.len(), 3, "in round {round}: the message in the ring makes room");
        match publisher.loan() {
            Err(LoanError::PoolExhausted(exhausted)) => assert_eq!(exhausted.loans, loans.len() as u64),
            other => panic!("{other:?}"),
        }
        drop(loans);
        publisher.publish(&large(round)).unwrap();
    }
    assert_eq!(publisher.pool_memory(), 3 << 16);
}

#[test]
fn loans_outlive_their_publisher() {
    let domain = TempDomain::new();
    let mut first = publisher(&domain);
    let mut loan = first.loan().unwrap();
    drop(first);
    fill(&mut loan[..], 1);
    assert_eq!(number(&loan[..]), 1);
    let mut second = publisher(&domain);
    let error = second.send(loan).unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with(": this loan is of another publisher: send it with the one that lent it"), "{text}");
    drop(error.into_inner());
}

/// Returns how many mappings of anonymous shared memory this process has.
fn mappings() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains("/memfd:")).count()
}

/// Drops loans whose publisher was dropped, and does nothing else.
#[test]
fn child_drops_loans() {
    testing::process(|script| {
        assert_eq!(mappings(), 0);
        let mut publisher = publisher(script.domain());
        let loans: Vec<_> = (0..3).map(|_| publisher.loan().unwrap()).collect();
        publisher.publish(&large(1)).unwrap();
        drop(publisher);
        assert!(mappings() > 0, "the loans need it");
        // Some of them in another thread.
        for loan in loans {
            assert!(mappings() > 0, "the others need it");
            std::thread::spawn(move || drop(loan)).join().unwrap();
        }
        assert_eq!(mappings(), 0);
    });
}

#[test]
fn a_pool_is_freed_with_the_last_loan_of_a_dropped_publisher() {
    let domain = TempDomain::new();
    Process::start("loans::child_drops_loans", &domain, &[]).finish();
}

#[test]
fn impossible_settings_are_refused() {
    let domain = TempDomain::new();
    let error = Publisher::<Large>::builder("x").domain(&domain).max_memory(1 << 20).create().unwrap_err();
    assert!(error.to_string().contains("`max_memory` is 1048576 bytes, and must be between 1114112"), "{error}");
}
