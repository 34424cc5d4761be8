//! What each of the two processes has, and the part of the one that answers.

use super::bare::{RING, Small, Table, Way};
use super::peer::wait;
use super::{LARGE, plan};
use anyhow::{Context as _, Result, bail};
use slotcast::{Domain, Publisher, Subscriber};
use std::time::Duration;

/// The endpoints of one process, and how many messages of each kind it has seen.
pub(super) struct Side {
    pub(super) table: &'static Table,
    pub(super) small: (Publisher<Small>, Subscriber<Small>),
    pub(super) large: (Publisher<[u64]>, Subscriber<[u64]>),
    pub(super) stream: Stream,
    /// Of the slots by hand: small, large, and of the ring.
    pub(super) numbers: [u64; 3],
}

pub(super) enum Stream {
    Send(Publisher<Small>),
    Receive(Subscriber<Small>),
}

impl Side {
    /// Creates the endpoints of the first process, or of the one that answers.
    pub(super) fn new(domain: &Domain, table: &'static Table, answers: bool) -> Result<Self> {
        let (there, back) = if answers { ("back", "there") } else { ("there", "back") };
        let publisher = |topic: &str| Publisher::builder(format!("small/{topic}")).domain(domain);
        let large = |topic: &str| Publisher::builder(format!("large/{topic}")).domain(domain);
        let stream = || Publisher::builder("stream").domain(domain).depth(RING).lossless(Duration::from_secs(20));
        Ok(Self {
            table,
            small: (publisher(there).create()?, Subscriber::builder(format!("small/{back}")).domain(domain).create()?),
            large: (large(there).create()?, Subscriber::builder(format!("large/{back}")).domain(domain).create()?),
            stream: match answers {
                true => Stream::Receive(Subscriber::builder("stream").domain(domain).lossless().create()?),
                false => Stream::Send(stream().create()?),
            },
            numbers: [0; 3],
        })
    }

    pub(super) fn send_large(&mut self, message: &[u64]) -> Result<()> {
        let loan = self.large.0.loan_slice_uninit(message.len())?;
        let mut loan = loan.assume_filled();
        loan.copy_from_slice(message);
        self.large.0.send(loan).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(())
    }

    pub(super) fn receive_large(&mut self, check: impl Fn() -> Result<()>) -> Result<u64> {
        wait(|| self.large.1.try_recv().map(|sample| sample.map(|sample| sum(&sample))).transpose(), check)?
            .context("a large message")
    }
}

/// Reads all of a message.
pub(super) fn sum(words: &[u64]) -> u64 {
    words.iter().fold(0, |sum, &word| sum.wrapping_add(word))
}

/// Answers everything that happens in a round.
pub(super) fn answer(side: &mut Side) -> Result<()> {
    let (table, fine) = (side.table, || Ok(()));
    for _ in 0..plan::SMALL_TRIPS {
        side.numbers[0] += 1;
        let words = wait(|| table.take(Way::There, side.numbers[0]), fine)?;
        table.put(Way::Back, side.numbers[0], &words);
    }
    for _ in 0..plan::SMALL_TRIPS {
        let sample = wait(|| side.small.1.try_recv().transpose(), fine)??;
        side.small.0.publish(&sample)?;
    }
    let message = vec![7; LARGE / 8];
    for _ in 0..plan::LARGE_TRIPS {
        side.numbers[1] += 1;
        wait(|| table.take_large(Way::There, side.numbers[1], sum), fine)?;
        table.put_large(Way::Back, side.numbers[1], &message);
    }
    for _ in 0..plan::LARGE_TRIPS {
        side.receive_large(fine)?;
        side.send_large(&message)?;
    }
    for _ in 0..plan::STREAM {
        side.numbers[2] += 1;
        wait(|| table.pop(side.numbers[2]), fine)?;
    }
    let Stream::Receive(stream) = &mut side.stream else { bail!("this process does not answer") };
    for _ in 0..plan::STREAM {
        wait(|| stream.try_recv().transpose(), fine)??;
    }
    // By hand: the first process measures until the last message has arrived.
    side.numbers[0] += 1;
    table.put(Way::Back, side.numbers[0], &[0; 8]);
    Ok(())
}
