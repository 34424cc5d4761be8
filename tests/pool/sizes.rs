//! Messages whose sizes keep a small pool short of memory, so that slots are cut anew all the time.
//! Processes and threads that hold samples and loans at random are killed: none is ever
//! overwritten, and too many held samples matter only for a while.

use crate::growth::given;
use crate::messages::{fill, number};
use crate::storm::duration;
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Loan, LoanError, Publisher, Sample, Subscriber};
use slotcast_tests::random::Random;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Holds samples at random, also those of dropped subscribers, until it is killed.
#[test]
fn child_holds() {
    testing::process(|script| {
        let mut random = Random::new(script.argument(0));
        let mut held: Vec<Sample<[u64]>> = Vec::new();
        loop {
            let mut subscriber =
                Subscriber::<[u64]>::builder("x").domain(script.domain()).max_samples(16).create().unwrap();
            for _ in 0..random.below(3000) {
                held.push(subscriber.recv().unwrap());
                while held.len() as u64 > random.below(24) {
                    let index = random.index(held.len());
                    let sample = held.swap_remove(index);
                    assert_eq!(sample.len() as u64, 1 + number(&sample) % (8 << 10));
                }
            }
        }
    });
}

/// Checks loans that were filled in another thread, and drops them.
fn drop_loans(loans: mpsc::Receiver<Loan<[u64]>>) {
    for loan in loans {
        number(&loan);
    }
}

#[test]
fn nothing_that_is_held_is_overwritten_while_slots_are_cut_anew() {
    let mut random = Random::of_this_run();
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u64]>::builder("x").domain(&domain).max_memory(3 << 20).create().unwrap();
    let (sender, loans) = mpsc::channel();
    let other = std::thread::spawn(|| drop_loans(loans));
    let end = Instant::now() + duration();
    let mut readers: Vec<Process> = Vec::new();
    let (mut sent, mut short, mut in_a_row) = (0, 0, Instant::now());
    while Instant::now() < end {
        while readers.len() < 2 {
            readers.push(Process::start("sizes::child_holds", &domain, &[&random.next().to_string()]));
        }
        if random.next().is_multiple_of(20_000) {
            let mut reader = readers.swap_remove(0);
            assert!(reader.has_ended().is_none(), "a sample was written");
            reader.kill();
        }
        // Long and short ones in turn.
        let most = [64, 1024, 8 << 10][usize::try_from(sent / 1000 % 3).unwrap()];
        let value = random.next();
        let value = value - value % (8 << 10) + value % most;
        match publisher.loan_slice_uninit(usize::try_from(1 + value % (8 << 10)).unwrap()) {
            Ok(loan) => {
                let mut loan = loan.assume_filled();
                fill(&mut loan, value);
                if random.next().is_multiple_of(10) {
                    sender.send(loan).unwrap();
                } else {
                    publisher.send(loan).unwrap();
                    sent += 1;
                    in_a_row = Instant::now();
                }
            }
            Err(LoanError::PoolExhausted(exhausted)) => {
                short += 1;
                assert!(exhausted.kept <= 16 && exhausted.pool == 3 << 20, "{exhausted}");
                assert!(in_a_row.elapsed() < Duration::from_secs(2), "{exhausted}");
                std::thread::yield_now();
            }
            Err(error) => panic!("{error}"),
        }
    }
    println!("{sent} sent, {short} times short");
    assert!(given(&domain) <= (3 << 20) + 64 * 1024, "{}", given(&domain));
    drop(sender);
    other.join().unwrap();
    for mut reader in readers {
        assert!(reader.has_ended().is_none(), "a sample was written");
        reader.kill();
    }
    // Everything that was held is free again: there is space for all that is not in the ring.
    let all: Vec<_> = std::iter::from_fn(|| publisher.loan_slice_uninit(4096).ok()).collect();
    assert!(all.len() > 8, "{}", all.len());
}
