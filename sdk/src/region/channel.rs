//! Channels.

use super::block::Block;
use super::element::{Element, Elements};
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::name::check_structure;
use super::new::New;
use super::queue::Queue;
use super::rendezvous::{Rendezvous, WORDS};
use super::waiting::{ring, wait};
use crate::sync::Word;
use crate::sys::shared_memory::Held;
use std::time::{Duration, Instant};

/// Bytes before the slots: whether it is closed, the capacity, and the number of the next offer.
const HEADER: usize = 24;
const CLOSED: usize = 0;
const CAPACITY: usize = 1;
const NEXT: usize = 2;

/// How many senders can offer a value at the same time, in a channel without a buffer.
const SLOTS: usize = 64;

/// The part with the elements of a buffered channel.
const SUFFIX: &str = "_queue";

/// A channel between any number of senders and receivers, with a buffer or without.
///
/// Without a buffer, sending ends when a receiver has the value: a rendezvous. Either of them may
/// die at any time: a value is received by one process that lives, or its sender knows that it was
/// not.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Channel, Region};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-channel-{}", std::process::id());
/// let time = Duration::from_secs(10);
///
/// let region = Region::create(&name, 1 << 20)?;
/// let channel = Channel::<u64>::create(&region, "orders", 0)?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| channel.send(&7, time).expect("somebody receives"));
///     assert_eq!(channel.recv(time)?, Some(7));
///     channel.close();
///     assert_eq!(channel.recv(time)?, None);
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })?;
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Channel<T> {
    block: Block,
    header: Held<Word>,
    kind: Kind<T>,
}

enum Kind<T> {
    Buffered(Queue<T>),
    Rendezvous { words: Held<Word>, values: Elements<T> },
}

impl<T: Element> Channel<T> {
    /// Creates a channel with a buffer for at least `capacity` elements: the next power of two. 0
    /// is a rendezvous. With a buffer it has two entries: its name, of at most 25 bytes, and
    /// `<name>_queue`.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`],
    /// [`RegionError::StructureName`], and [`RegionError::Argument`] if the capacity is more than
    /// 2^30.
    pub fn create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        check_structure(region.name(), name, SUFFIX.len())?;
        let slots = if capacity == 0 { SLOTS * (8 * WORDS + size_of::<T>()) } else { 0 };
        let new = New {
            name: name.into(),
            kind: StructureKind::Channel,
            size: (HEADER + slots) as u64,
            element_size: size_of::<T>(),
            schemas: &[T::SCHEMA],
            extra: 0,
        };
        if capacity != 0 {
            // Whoever finds the channel finds its queue. One that exists was left by a creator that
            // died in between.
            Queue::<T>::open_or_create(region, &format!("{name}{SUFFIX}"), capacity)?;
        }
        let block = region.create_one(new, |block| {
            block.header::<Word>(0, 3)?[CAPACITY].store_relaxed(u64::from(capacity));
            Ok(())
        })?;
        Self::of(region, block)
    }

    /// Opens a channel that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Type`],
    /// [`RegionError::Layout`] and [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region, region.open_one(name, StructureKind::Channel, &[T::SCHEMA])?)
    }

    /// Opens a channel, or creates it if there is none. One that exists may have another capacity.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, capacity))
    }

    fn of(region: &Region, block: Block) -> Result<Self, RegionError> {
        let header = block.header::<Word>(0, 3)?;
        let kind = if header[CAPACITY].load_relaxed() == 0 {
            let words = block.words::<Word>(HEADER, SLOTS * WORDS);
            let values = Elements::new(&block, HEADER + 8 * SLOTS * WORDS, SLOTS);
            let (Some(words), Some(values)) = (words, values) else {
                let size = block.size;
                return Err(block.layout(format!("it has {size} bytes, too few for its slots with this type")));
            };
            Kind::Rendezvous { words, values }
        } else {
            Kind::Buffered(Queue::open(region, &format!("{}{SUFFIX}", block.name))?)
        };
        Ok(Self { block, header, kind })
    }

    /// Sends a value. Waits up to `timeout`: with a buffer while that is full, without one until a
    /// receiver has the value.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`]: nobody has received the value, and nobody will.
    /// [`StructureError::Refused`] if the channel is closed. [`StructureError::Stuck`] if a process
    /// is stopped in the middle of receiving; [`StructureError::Corrupt`].
    pub fn send(&self, value: &T, timeout: Duration) -> Result<(), StructureError> {
        let is_sent = match &self.kind {
            _ if self.is_closed() => false,
            Kind::Buffered(queue) => return queue.push(value, timeout),
            Kind::Rendezvous { words, values } => {
                self.rendezvous(words, values).send(value, timeout, || self.is_closed())?
            }
        };
        match is_sent {
            true => Ok(()),
            false if self.is_closed() => Err(self.block.refused("is closed")),
            false => Err(self.block.timed_out(timeout, "has no receiver that waits")),
        }
    }

    /// Receives the oldest value. Waits up to `timeout` while there is none. Returns `None` if the
    /// channel is closed and all was received.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`], [`StructureError::Stuck`] and [`StructureError::Corrupt`].
    pub fn recv(&self, timeout: Duration) -> Result<Option<T>, StructureError> {
        let start = Instant::now();
        match &self.kind {
            Kind::Buffered(queue) => loop {
                // Its own sleepers are woken by its own bell: a closed channel is noticed within a
                // slice.
                let left = timeout.saturating_sub(start.elapsed());
                match queue.pop(left.min(SLICE)) {
                    Err(StructureError::TimedOut { .. }) if self.is_closed() && queue.is_empty() => return Ok(None),
                    Err(StructureError::TimedOut { .. } | StructureError::Stuck { .. }) if left > SLICE => {}
                    Err(StructureError::TimedOut { .. }) => return Err(self.block.timed_out(timeout, "is empty")),
                    other => return other.map(Some),
                }
            },
            Kind::Rendezvous { words, values } => {
                let (inner, bell) = (&self.block.inner, self.block.first_bell());
                let received = wait(inner, bell, timeout, || {
                    let value = self.rendezvous(words, values).try_recv();
                    if value.is_some() || self.is_closed() { Some(value) } else { None }
                });
                received.ok_or_else(|| self.block.timed_out(timeout, "has no sender that waits"))
            }
        }
    }

    /// Waits up to `timeout` until there is a value, without taking it. Returns `false` if there
    /// never will be.
    #[cfg(feature = "tokio")]
    pub(super) fn wait_ready(&self, timeout: Duration) -> bool {
        let is_ready = || match &self.kind {
            Kind::Buffered(queue) => !queue.is_empty(),
            Kind::Rendezvous { words, values } => self.rendezvous(words, values).has_offer(),
        };
        let (inner, bell) = (&self.block.inner, self.block.first_bell());
        let bell = if matches!(self.kind, Kind::Buffered(_)) { None } else { bell };
        let will_be = wait(inner, bell, timeout, || match is_ready() {
            true => Some(true),
            false => self.is_closed().then_some(false),
        });
        // What was sent before the channel was closed may have come in between.
        will_be.unwrap_or(true) || is_ready()
    }

    fn rendezvous<'a>(&'a self, words: &'a Held<Word>, values: &'a Elements<T>) -> Rendezvous<'a, T> {
        Rendezvous { block: &self.block, next: &self.header[NEXT], words, values }
    }

    /// Closes the channel: nothing can be sent any more. What is in the buffer can be received.
    pub fn close(&self) {
        self.header[CLOSED].store_release(1);
        ring(&self.block.inner, self.block.first_bell());
        ring(&self.block.inner, self.block.second_bell());
    }

    /// Returns whether the channel was closed.
    pub fn is_closed(&self) -> bool {
        self.header[CLOSED].load_acquire() != 0
    }

    /// Receives values, and waits up to `timeout` for each. It ends when that is over, when the
    /// channel is closed, or with an error.
    pub fn iter(&self, timeout: Duration) -> impl Iterator<Item = T> + '_ {
        std::iter::from_fn(move || self.recv(timeout).ok().flatten())
    }
}

/// How often a receiver looks whether the channel was closed.
const SLICE: Duration = Duration::from_millis(20);

impl<T> std::fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Channel", f)
    }
}
