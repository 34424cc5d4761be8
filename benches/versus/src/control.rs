//! What the two processes of a pair share besides the peer that is measured: counters, and cache
//! lines whose hand-over tells how far apart the processors are.
//!
//! # Safety
//!
//! The file opts into unsafe code to view a mapping as a [`Control`]. It upholds that the mapping
//! is large enough, is never unmapped, and is accessed by atomic operations alone.
#![allow(unsafe_code, reason = "a mapping is viewed as atomics")]

use memmap2::{MmapOptions, MmapRaw};
use slotcast_benches::figures::Spread;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How far a line travels depends on where its address is in the last-level cache: several are
/// used.
const LINES: usize = 16;
/// Round trips of one measurement, over each line in turn.
const TRIPS: u64 = 20;

/// Occupies two cache lines: processors fetch them in pairs.
#[derive(Default)]
#[repr(C, align(128))]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Release);
    }

    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Waits until the value is at least this, and lets other threads run soon: a peer's own may
    /// have work. A process that waits in vain is killed by the one that started it.
    pub(crate) fn wait_for(&self, value: u64) {
        for _ in 0..1000 {
            if self.get() >= value {
                return;
            }
        }
        while self.get() < value {
            std::thread::yield_now();
        }
    }

    /// Waits as fast as possible.
    #[inline]
    fn spin_for(&self, value: u64) {
        while self.get() < value {
            std::hint::spin_loop();
        }
    }
}

/// The shared memory itself. All counters only grow.
#[derive(Default)]
#[repr(C)]
pub(crate) struct Control {
    there: [Counter; LINES],
    back: [Counter; LINES],
    /// How many messages the sender has sent, or how many bursts.
    pub(crate) sent: Counter,
    /// How much of that the receiver has dealt with.
    pub(crate) seen: Counter,
    /// How many rounds have ended.
    pub(crate) rounds: Counter,
}

impl Control {
    /// Maps the memory in a file, which is created if it is missing. It stays mapped.
    pub(crate) fn map(path: &Path) -> io::Result<&'static Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        file.set_len(size_of::<Self>() as u64)?;
        let map: &'static MmapRaw = Box::leak(Box::new(MmapOptions::new().len(size_of::<Self>()).map_raw(&file)?));
        let control = map.as_mut_ptr().cast::<Self>();
        assert!(control.is_aligned(), "mappings begin on pages");
        // SAFETY: the mapping is never removed, is as large and as aligned as needed. All of it are
        // atomic integers, for which all bytes are valid, including the zeros of a new file.
        Ok(unsafe { &*control })
    }

    /// Returns how long one cache line takes from one processor to the other, in nanoseconds: the
    /// median of several lines.
    pub(crate) fn lead_line(&self) -> f64 {
        // Whoever is first waits for the other here, untimed.
        let (there, back) = (&self.there[0], &self.back[0]);
        there.set(there.get() + 1);
        back.spin_for(there.get());
        let times = self.there.iter().zip(&self.back).map(|(there, back)| {
            let first = there.get();
            let begin = Instant::now();
            for number in first + 1..=first + TRIPS {
                there.set(number);
                back.spin_for(number);
            }
            begin.elapsed().as_nanos() as f64 / TRIPS as f64 / 2.0
        });
        Spread::of(times).median
    }

    /// The other side of [`lead_line`](Self::lead_line).
    pub(crate) fn follow_line(&self) {
        let (there, back) = (&self.there[0], &self.back[0]);
        there.spin_for(back.get() + 1);
        back.set(back.get() + 1);
        for (there, back) in self.there.iter().zip(&self.back) {
            let first = back.get();
            for number in first + 1..=first + TRIPS {
                there.spin_for(number);
                back.set(number);
            }
        }
    }
}
