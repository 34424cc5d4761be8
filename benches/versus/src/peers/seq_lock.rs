//! A sequence lock by hand: a value and the number that guards it, in one cache line of a shared
//! mapping. It is the least that keeps a value whole. A writer that dies in the middle of it leaves
//! none.
//!
//! # Safety
//!
//! The file opts into unsafe code to view a mapping as a [`Cell`]. It upholds that the mapping is
//! large enough, lives as long as the view, and is accessed by atomic operations alone.
#![allow(unsafe_code, reason = "a mapping is viewed as atomics")]

use super::Failure;
use super::patterns::{self, ValueWords, Values};
use crate::channel::Channel;
use memmap2::{MmapOptions, MmapRaw};
use std::array;
use std::fs::OpenOptions;
use std::sync::atomic::{AtomicU64, Ordering, fence};

pub(crate) struct SeqLock;

/// The memory itself.
#[repr(C, align(64))]
struct Cell {
    /// Odd while the value is written, and 0 before it was written once.
    number: AtomicU64,
    words: [AtomicU64; size_of::<ValueWords>() / 8],
}

struct Mapped(MmapRaw);

impl Mapped {
    fn open(channel: &Channel) -> Result<Self, Failure> {
        let path = channel.path();
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        file.set_len(size_of::<Cell>() as u64)?;
        Ok(Self(MmapOptions::new().len(size_of::<Cell>()).map_raw(&file)?))
    }

    #[inline]
    fn cell(&self) -> &Cell {
        // SAFETY: the mapping lives as long as `self`, begins on a page and is as large as needed. All
        // of it are atomic integers, for which all bytes are valid, including the zeros of a new file.
        unsafe { &*self.0.as_mut_ptr().cast::<Cell>() }
    }
}

pub(crate) struct Writer(Mapped);

pub(crate) struct Reader(Mapped);

impl Values for SeqLock {
    type Writer = Writer;
    type Reader = Reader;

    fn writer(channel: &Channel, first: &ValueWords) -> Result<Writer, Failure> {
        let mut writer = Writer(Mapped::open(channel)?);
        patterns::Writer::set(&mut writer, first)?;
        Ok(writer)
    }

    fn reader(channel: &Channel) -> Result<Reader, Failure> {
        Ok(Reader(Mapped::open(channel)?))
    }
}

impl patterns::Writer for Writer {
    #[inline]
    fn set(&mut self, value: &ValueWords) -> Result<(), Failure> {
        let cell = self.0.cell();
        let number = cell.number.load(Ordering::Relaxed);
        cell.number.store(number + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        for (word, &value) in cell.words.iter().zip(value) {
            word.store(value, Ordering::Relaxed);
        }
        cell.number.store(number + 2, Ordering::Release);
        Ok(())
    }
}

impl patterns::Reader for Reader {
    #[inline]
    fn get<R>(&mut self, read: impl Fn(&ValueWords) -> R) -> Result<Option<R>, Failure> {
        let cell = self.0.cell();
        loop {
            let before = cell.number.load(Ordering::Acquire);
            let words = array::from_fn(|word| cell.words[word].load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && cell.number.load(Ordering::Relaxed) == before {
                return Ok((before > 0).then(|| read(&words)));
            }
        }
    }
}
