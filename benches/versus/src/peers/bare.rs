//! The least that two processes can do by hand: slots in a mapping of both, each with a flag. No
//! discovery, no checks, no protection. One slot is the fastest way to hand over one message; a
//! ring of them is what a stream needs, and costs other cache lines each time.
//!
//! # Safety
//!
//! The file opts into unsafe code to view a mapping as slots, and to write and read their words
//! without atomics, as the fastest code by hand would. It upholds that the words of a slot are
//! written only when no receiver may read them: because there is one message under way
//! (`Flow::Paced`), or because the sender waits for the receiver's count (`Flow::Lossless`). If
//! messages may be overwritten while they are read (`Flow::Lossy`), both sides use atomics.
#![allow(unsafe_code, reason = "messages handed over by hand are plain memory")]

use super::{Failure, Peer, Unsupported};
use crate::channel::{Channel, Flow};
use memmap2::{MmapOptions, MmapRaw};
use std::array;
use std::cell::UnsafeCell;
use std::fs::OpenOptions;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// The most words of messages that may be overwritten while they are read: these are copied, and
/// larger functions would touch all pages of their stack.
const LOSSY_WORDS: usize = 128;

/// The memory that a ring occupies, if that is between 4 and 128 slots.
const RING_BYTES: usize = 128 << 10;

pub(crate) struct Slot;
pub(crate) struct Ring;

/// A flag and the words that it guards: up to seven of them in the same cache line.
#[repr(C, align(64))]
struct Cell<const W: usize> {
    stamp: AtomicU64,
    words: UnsafeCell<[u64; W]>,
}

impl<const W: usize> Cell<W> {
    /// Returns the words as atomics, for writers and readers that do not wait for each other.
    #[inline]
    fn shared(&self) -> &[AtomicU64; W] {
        // SAFETY: an atomic word has the size and, on all processors that the SDK supports, the
        // alignment of a plain one; all accesses are atomic if messages may be overwritten.
        unsafe { &*self.words.get().cast() }
    }
}

/// One end of the channel.
struct End<const W: usize> {
    map: MmapRaw,
    cells: usize,
    flow: Flow,
    /// The next message's number, from 0.
    next: u64,
}

impl<const W: usize> End<W> {
    fn open(channel: &Channel, cells: usize) -> Result<Self, Failure> {
        if let Flow::Paced { most } = channel.flow
            && most > cells
        {
            return Err(Unsupported("a single slot holds one message".into()).into());
        }
        if channel.flow == Flow::Lossless && channel.receivers > 1 {
            return Err(Unsupported("the receiver's count is that of one receiver".into()).into());
        }
        if channel.flow == Flow::Lossy && W > LOSSY_WORDS {
            return Err(Unsupported("large messages are not copied here".into()).into());
        }
        let path = channel.path();
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let bytes = (cells + 1) * size_of::<Cell<W>>().max(128);
        file.set_len(bytes as u64)?;
        let map = MmapOptions::new().len(bytes).map_raw(&file)?;
        Ok(Self { map, cells, flow: channel.flow, next: 0 })
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it is the remainder of a small number")]
    fn cell(&self) -> &Cell<W> {
        let index = 1 + (self.next % self.cells as u64) as usize;
        // SAFETY: the mapping has one cell more than `cells`.
        let cell = unsafe { self.map.as_mut_ptr().cast::<Cell<W>>().add(index) };
        // SAFETY: it is in the mapping, aligned because pages are, and consists of integers.
        unsafe { &*cell }
    }

    /// Returns how many messages the receiver has taken: before the first slot.
    #[inline]
    fn taken(&self) -> &AtomicU64 {
        // SAFETY: it is in the mapping, aligned because pages are, and an integer.
        unsafe { &*self.map.as_mut_ptr().cast::<AtomicU64>() }
    }

    /// Writes the next message over whatever is there. A reader sees by the flag that it changes.
    #[inline]
    fn overwrite(&self, write: impl Fn(&mut [u64; W])) {
        let cell = self.cell();
        let mut words = [0; W];
        write(&mut words);
        cell.stamp.store(2 * self.next + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        for (word, value) in cell.shared().iter().zip(words) {
            word.store(value, Ordering::Relaxed);
        }
        cell.stamp.store(2 * self.next + 2, Ordering::Release);
    }
}

pub(crate) struct Sender<const W: usize> {
    end: End<W>,
    /// How many messages were taken when this last looked.
    taken: u64,
}

pub(crate) struct Receiver<const W: usize>(End<W>);

impl<const W: usize> super::Sender<W> for Sender<W> {
    #[inline]
    fn send(&mut self, write: impl Fn(&mut [u64; W])) -> Result<(), Failure> {
        let end = &mut self.end;
        if W <= LOSSY_WORDS && end.flow == Flow::Lossy {
            end.overwrite(write);
        } else {
            while end.flow == Flow::Lossless && end.next - self.taken >= end.cells as u64 {
                self.taken = end.taken().load(Ordering::Acquire);
            }
            let cell = end.cell();
            // SAFETY: this message is not announced yet, and the one that was here is taken: the
            // receiver's count says so, or it has answered.
            write(unsafe { &mut *cell.words.get() });
            cell.stamp.store(2 * end.next + 2, Ordering::Release);
        }
        end.next += 1;
        Ok(())
    }
}

impl<const W: usize> super::Receiver<W> for Receiver<W> {
    #[inline]
    fn poll<R>(&mut self, read: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure> {
        if W <= LOSSY_WORDS && self.0.flow == Flow::Lossy {
            return Ok(self.poll_lossy(read));
        }
        let end = &mut self.0;
        let cell = end.cell();
        if cell.stamp.load(Ordering::Acquire) != 2 * end.next + 2 {
            return Ok(None);
        }
        // SAFETY: it was announced, and is not overwritten before it is counted as taken or
        // answered.
        let result = read(unsafe { &*cell.words.get() });
        end.next += 1;
        if end.flow == Flow::Lossless && (end.cells < 8 || end.next.is_multiple_of(8)) {
            end.taken().store(end.next, Ordering::Release);
        }
        Ok(Some(result))
    }
}

impl<const W: usize> Receiver<W> {
    #[inline]
    fn poll_lossy<R>(&mut self, read: impl FnOnce(&[u64; W]) -> R) -> Option<R> {
        let end = &mut self.0;
        let cell = end.cell();
        let whole = 2 * end.next + 2;
        let mut stamp = cell.stamp.load(Ordering::Acquire);
        if stamp == whole {
            let shared = cell.shared();
            let words = array::from_fn(|index| shared[index].load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            stamp = cell.stamp.load(Ordering::Relaxed);
            if stamp == whole {
                end.next += 1;
                return Some(read(&words));
            }
        }
        if stamp > whole {
            // Overtaken: on with what was written half a ring ago, or with what is in the slot.
            end.next = (stamp.div_ceil(2) - 1).saturating_sub(end.cells as u64 / 2).max(end.next);
        }
        None
    }
}

impl Peer for Slot {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = Receiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        Ok(Sender { end: End::open(channel, 1)?, taken: 0 })
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        Ok(Receiver(End::open(channel, 1)?))
    }
}

impl Peer for Ring {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = Receiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        Ok(Sender { end: End::open(channel, ring_cells::<W>())?, taken: 0 })
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        Ok(Receiver(End::open(channel, ring_cells::<W>())?))
    }
}

fn ring_cells<const W: usize>() -> usize {
    (RING_BYTES / (8 * W)).clamp(4, 128)
}
