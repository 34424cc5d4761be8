//! What is counted.

use clap::ValueEnum;
use slotcast::{Domain, Publisher, Subscriber};
use std::error::Error;

/// A small message: 64 bytes.
type Small = [u64; 8];
/// A large one: 64 KiB.
type Large = [u64; 8192];

/// How many readers there are in cases with many.
const MANY: usize = 64;
/// How many messages are published before they are received.
const BURST: usize = 8;

/// One round of a case is one message, or one poll that finds none.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Case {
    /// A small message is published, and nobody is there
    Publish,
    /// The same, with one subscriber that does not read
    #[value(name = "publish-1-idle")]
    PublishOneIdle,
    /// The same, with 64
    #[value(name = "publish-64-idle")]
    PublishManyIdle,
    /// A small message is published, and received as a sample
    Recv,
    /// The same, by value
    Take,
    /// The same, in bursts of eight that are passed to a function
    Drain,
    /// A subscriber finds no small message
    PollNothing,
    /// A subscriber finds no large message
    PollNothingLarge,
    /// A large message is lent, and published
    Loan,
    /// The same, and one subscriber receives it in place
    #[value(name = "pin-1-reader")]
    PinOneReader,
    /// The same, with 64
    #[value(name = "pin-64-readers")]
    PinManyReaders,
    /// A small message is published losslessly, and received
    Lossless,
}

impl Case {
    /// Returns the numbers of rounds whose difference is counted. With the first, everything has
    /// settled. There are so many that what is done each half second makes no difference.
    pub(crate) fn rounds(self) -> [u64; 2] {
        if matches!(self, Self::PinManyReaders) { [500, 2_500] } else { [10_000, 50_000] }
    }

    pub(crate) fn run(self, rounds: u64) -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir_in("/dev/shm")?;
        let domain = Domain::at(folder.path().join("domain"));
        match self {
            Self::Publish => publish(&domain, 0, rounds),
            Self::PublishOneIdle => publish(&domain, 1, rounds),
            Self::PublishManyIdle => publish(&domain, MANY, rounds),
            Self::Recv => receive(&domain, 1, rounds, |subscriber| subscriber.try_recv().map(|_| ())),
            Self::Take => receive(&domain, 1, rounds, |subscriber| subscriber.try_take().map(|_| ())),
            Self::Drain => receive(&domain, BURST, rounds, |subscriber| subscriber.drain(|_, _| ()).map(|_| ())),
            Self::PollNothing => poll::<Small>(&domain, rounds),
            Self::PollNothingLarge => poll::<Large>(&domain, rounds),
            Self::Loan => loan(&domain, 0, rounds),
            Self::PinOneReader => loan(&domain, 1, rounds),
            Self::PinManyReaders => loan(&domain, MANY, rounds),
            Self::Lossless => lossless(&domain, rounds),
        }
    }
}

fn publish(domain: &Domain, readers: usize, rounds: u64) -> Result<(), Box<dyn Error>> {
    let mut publisher = Publisher::<Small>::builder("x").domain(domain).create()?;
    let mut subscribers = Vec::new();
    for _ in 0..readers {
        subscribers.push(Subscriber::<Small>::builder("x").domain(domain).create()?);
    }
    for round in 0..rounds {
        publisher.publish(&[round; 8])?;
    }
    Ok(())
}

fn receive<E: Error + 'static>(
    domain: &Domain,
    burst: usize,
    rounds: u64,
    receive: impl Fn(&mut Subscriber<Small>) -> Result<(), E>,
) -> Result<(), Box<dyn Error>> {
    let mut publisher = Publisher::<Small>::builder("x").domain(domain).create()?;
    let mut subscriber = Subscriber::<Small>::builder("x").domain(domain).create()?;
    for round in 0..rounds / burst as u64 {
        for _ in 0..burst {
            publisher.publish(&[round; 8])?;
        }
        receive(&mut subscriber)?;
    }
    Ok(())
}

fn poll<T: slotcast::ShmMessage>(domain: &Domain, rounds: u64) -> Result<(), Box<dyn Error>> {
    let _publisher = Publisher::<T>::builder("x").domain(domain).create()?;
    let mut subscriber = Subscriber::<T>::builder("x").domain(domain).create()?;
    for _ in 0..rounds {
        assert!(subscriber.try_recv()?.is_none());
    }
    Ok(())
}

fn loan(domain: &Domain, readers: usize, rounds: u64) -> Result<(), Box<dyn Error>> {
    // With timestamps, how often pins are scanned would depend on the speed of the machine.
    let mut publisher = Publisher::<Large>::builder("x").domain(domain).timestamps(false).create()?;
    let mut subscribers = Vec::new();
    for _ in 0..readers {
        subscribers.push(Subscriber::<Large>::builder("x").domain(domain).create()?);
    }
    for round in 0..rounds {
        let mut loan = publisher.loan_uninit()?.assume_filled();
        loan[0] = round;
        publisher.send(loan)?;
        for subscriber in &mut subscribers {
            let sample = subscriber.try_recv()?.ok_or("a message was lost")?;
            assert!(sample.is_in_place() && sample[0] == round);
        }
    }
    Ok(())
}

fn lossless(domain: &Domain, rounds: u64) -> Result<(), Box<dyn Error>> {
    let patience = std::time::Duration::from_secs(1);
    let mut publisher = Publisher::<Small>::builder("x").domain(domain).lossless(patience).create()?;
    let mut subscriber = Subscriber::<Small>::builder("x").domain(domain).lossless().create()?;
    for round in 0..rounds {
        publisher.publish(&[round; 8])?;
        assert_eq!(subscriber.try_recv()?.map(|sample| sample[0]), Some(round));
    }
    Ok(())
}
