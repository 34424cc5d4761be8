//! How much memory messages of random sizes take, with loans and samples held at random: as much as
//! their sizes need, and then no more. Every message is whole.

use crate::messages::{fill, number};
use slotcast::registry::Memory;
use slotcast::testing::TempDomain;
use slotcast::{Domain, LoanError, Observer, Publisher, Subscriber};
use slotcast_tests::random::Random;
use std::os::unix::fs::MetadataExt;

const MIB: u64 = 1 << 20;

/// Returns how many bytes the kernel has allocated for the only publisher of this process.
pub(crate) fn given(domain: &Domain) -> u64 {
    let topic = Observer::new(domain).topic("x").unwrap().unwrap();
    let peers = topic.endpoints().unwrap().into_iter().map(|endpoint| endpoint.peer.unwrap());
    let publisher = peers.into_iter().find(|peer| peer.role == slotcast::registry::Role::Publisher).unwrap();
    let Memory::Sealed(handle) = publisher.memory.unwrap().place else { panic!("a memfd") };
    std::fs::metadata(format!("/proc/self/fd/{}", handle.descriptor)).unwrap().blocks() * 512
}

struct Stream {
    publisher: Publisher<[u64]>,
    subscriber: Subscriber<[u64]>,
    loans: Vec<slotcast::Loan<[u64]>>,
    samples: Vec<(u64, slotcast::Sample<[u64]>)>,
    random: Random,
    refused: u64,
}

impl Stream {
    fn new(publisher: Publisher<[u64]>, domain: &Domain) -> Self {
        let subscriber = Subscriber::builder("x").domain(domain).create().unwrap();
        let random = Random::of_this_run();
        Self { publisher, subscriber, loans: Vec::new(), samples: Vec::new(), random, refused: 0 }
    }

    /// Lends `count` messages of up to 512 KiB, most of them short. Sends or drops them, receives,
    /// and holds some.
    fn run(&mut self, messages: u64) {
        let Self { publisher, subscriber, loans, samples, random, refused } = self;
        for round in 0..messages {
            let scale = 1 << random.below(17);
            match publisher.loan_slice_uninit(1 + random.index(scale)) {
                Ok(loan) => loans.push(loan.assume_filled()),
                Err(LoanError::PoolExhausted(_)) => *refused += 1,
                Err(error) => panic!("{error}"),
            }
            if !loans.is_empty() && (loans.len() > 4 || random.below(3) == 0) {
                let mut loan = loans.swap_remove(random.index(loans.len()));
                if random.below(10) > 0 {
                    fill(&mut loan, round);
                    publisher.send(loan).unwrap();
                }
            }
            if random.below(2) == 0
                && let Some(sample) = subscriber.try_recv().unwrap()
            {
                samples.push((number(&sample), sample));
            }
            if samples.len() > 6 {
                let (expected, sample) = samples.swap_remove(random.index(7));
                assert_eq!(number(&sample), expected);
            }
        }
    }
}

#[test]
fn messages_of_random_sizes_take_no_more_memory_after_a_while() {
    let domain = TempDomain::new();
    // Without times no message counts as a rare one, however busy the machine is.
    let publisher = Publisher::builder("x").domain(&domain).timestamps(false).create().unwrap(); // up to 1 GiB
    let mut stream = Stream::new(publisher, &domain);
    let mut taken = Vec::new();
    for _ in 0..6 {
        stream.run(10_000);
        taken.push(stream.publisher.pool_memory());
        // Its claim matches what is allocated, and the ring is in front of it.
        let given = given(&domain);
        assert!(given <= taken.last().unwrap() + 64 * 1024, "{given} of {taken:?}");
    }
    println!("{taken:?}");
    assert_eq!(stream.refused, 0);
    // Each of some seventy sizes reaches its reserve, rare sizes later.
    assert!(taken[5] < 96 * MIB, "{taken:?}");
    assert!(taken[5] - taken[2] <= taken[2] / 4, "{taken:?}");
}

#[test]
fn messages_of_random_sizes_fit_in_little_memory() {
    let domain = TempDomain::new();
    let publisher = Publisher::builder("x").domain(&domain).max_memory(16 * MIB).create().unwrap();
    let mut stream = Stream::new(publisher, &domain);
    stream.run(30_000);
    assert!(stream.publisher.pool_memory() <= 16 * MIB);
    assert!(given(&domain) <= 16 * MIB + 64 * 1024, "{}", given(&domain));
    assert!(stream.refused < 3_000, "{} of 30000: fragmented", stream.refused);
}
