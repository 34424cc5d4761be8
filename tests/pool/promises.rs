//! Readers of all kinds come, lag, hold and go, while messages leave the ring as soon as they can:
//! nobody loses what was promised, and every count is right.

use slotcast::testing::TempDomain;
use slotcast::{Publisher, Sample, Subscriber};
use slotcast_tests::random::Random;
use std::collections::VecDeque;
use std::time::Duration;

const DEPTH: u64 = 8;

/// Returns whether a message is as it was published: all its bytes follow from its sequence.
fn is_whole(sample: &Sample<[u8]>) -> bool {
    let mut bytes = sample.iter().step_by(61).chain(sample.last());
    bytes.all(|&byte| u64::from(byte) == sample.sequence() % 251)
}

/// A subscriber, and what it has to receive next.
struct Reader {
    subscriber: Subscriber<[u8]>,
    /// From where on nothing of each publisher may be lost to it, however far it lags.
    promised_from: Vec<u64>,
    /// The first sequence of each publisher that it may receive.
    first: Vec<u64>,
    /// The next one; `None` before the first message.
    next: Vec<Option<u64>>,
    held: VecDeque<Sample<[u8]>>,
}

impl Reader {
    /// Receives up to `most` messages. `heads` are the numbers of messages of each publisher.
    fn read(&mut self, most: u64, publishers: &[Publisher<[u8]>], heads: &[u64], hold: usize) {
        for _ in 0..most {
            let Some(sample) = self.subscriber.try_recv().unwrap() else { return };
            let index = publishers.iter().position(|publisher| publisher.id() == sample.publisher()).unwrap();
            let sequence = sample.sequence();
            assert!(is_whole(&sample), "message {sequence} is another");
            let (lost, head) = (sample.lost_before(), heads[index]);
            if let Some(next) = self.next[index] {
                assert_eq!(sequence, next + lost);
            } else {
                assert!(sequence - lost >= self.first[index]);
            }
            // What is lost is older than the depth, and for a lossless one older than itself.
            let kept_from = head.saturating_sub(DEPTH).min(self.promised_from[index]);
            assert!(lost == 0 || sequence <= kept_from, "{lost} before {sequence} of {head}, kept from {kept_from}");
            self.next[index] = Some(sequence + 1);
            self.held.push_back(sample);
            while self.held.len() > hold {
                self.held.pop_front();
            }
        }
    }

    /// Checks the messages that it holds: they stay what they were.
    fn check(&self) {
        for sample in &self.held {
            assert!(is_whole(sample));
        }
    }
}

fn run(seed: u64) {
    let mut random = Random::new(seed);
    let domain = TempDomain::new();
    let is_lossless = random.below(2) == 0;
    let mut publishers: Vec<_> = (0..1 + random.below(2))
        .map(|_| {
            let builder = Publisher::<[u8]>::builder("x").domain(&domain).depth(DEPTH).history(random.below(DEPTH + 1));
            let builder = if is_lossless { builder.lossless(Duration::ZERO) } else { builder };
            builder.create().unwrap()
        })
        .collect();
    let mut heads = vec![0; publishers.len()];
    let mut readers: Vec<Reader> = Vec::new();
    let mut buffer = Vec::new();
    for _ in 0..600 {
        match random.below(40) {
            0 if readers.len() < 6 => {
                let builder = Subscriber::<[u8]>::builder("x").domain(&domain);
                let history = random.below(DEPTH + 1);
                let builder = builder.history(history).max_samples([0, 1, 8][random.index(3)]);
                let asks = is_lossless && random.below(2) == 0;
                let builder = if asks { builder.lossless() } else { builder };
                let subscriber = builder.create().unwrap();
                readers.push(Reader {
                    subscriber,
                    promised_from: heads.iter().map(|&head| if asks { head } else { u64::MAX }).collect(),
                    first: heads.iter().map(|head: &u64| head.saturating_sub(history)).collect(),
                    next: vec![None; publishers.len()],
                    held: VecDeque::new(),
                });
            }
            1 if !readers.is_empty() => {
                readers.swap_remove(random.index(readers.len()));
            }
            2..20 => {
                let index = random.index(publishers.len());
                buffer.clear();
                buffer.resize([10, 3000, 70_000, 300_000][random.index(4)], u8::try_from(heads[index] % 251).unwrap());
                if publishers[index].try_publish_slice(&buffer).is_ok() {
                    heads[index] += 1;
                }
            }
            _ if !readers.is_empty() => {
                let index = random.index(readers.len());
                let hold = [0, 1, 3][random.index(3)];
                readers[index].read(random.below(12), &publishers, &heads, hold);
            }
            _ => {}
        }
        readers.iter().for_each(Reader::check);
    }
    for reader in &mut readers {
        reader.read(u64::MAX, &publishers, &heads, 0);
        for (next, &head) in reader.next.iter().zip(&heads) {
            assert!(next.is_none_or(|next| next == head), "{next:?} of {head}");
        }
    }
}

#[test]
fn nobody_loses_what_was_promised() {
    for seed in 0..20 {
        println!("seed {seed}");
        run(seed);
    }
}
