//! Waiting for other processes.
//!
//! Where the structure has a record, those that wait sleep on a word of it, and processes of this
//! crate ring when they change something. Other clients do not ring, and structures of theirs have
//! no such word. So a sleep lasts a slice at most, and then the structure is looked at again.

use super::block::Block;
use super::failure::StructureError;
use super::inner::Inner;
use super::record::Record;
use crate::protocol::doorbell::{Doorbell, Waiting};
use crate::protocol::region::Claim;
use crate::sync::{self, Word};
use crate::sys::shared_memory::Held;
use crate::sys::{barrier, futex, process};
use std::time::{Duration, Instant};

/// How long a process waits for another one that needs some instructions to finish: if it takes
/// longer, that one is stopped.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Others that have not finished for a shorter time may just not have had a processor.
const LEAST_STUCK: Duration = Duration::from_millis(10);

/// How often the structure is looked at before the first sleep.
const SPINS: u32 = 100;
/// The first and the longest time between two looks.
const FIRST_PAUSE: Duration = Duration::from_micros(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(2);
/// The longest sleep on a word that processes of this crate ring.
const SLICE: Duration = Duration::from_millis(10);

/// Polls until there is a result, or the time is over.
pub(super) fn wait<R>(
    inner: &Inner,
    bell: Option<&Word>,
    timeout: Duration,
    mut poll: impl FnMut() -> Option<R>,
) -> Option<R> {
    if let Some(result) = poll() {
        return Some(result);
    }
    if timeout.is_zero() || inner.is_forked_copy() {
        return None;
    }
    let start = Instant::now();
    for _ in 0..SPINS {
        std::hint::spin_loop();
        if let Some(result) = poll() {
            return Some(result);
        }
    }
    let mut pause = FIRST_PAUSE;
    loop {
        let left = timeout.saturating_sub(start.elapsed());
        if left.is_zero() {
            return poll();
        }
        match bell {
            Some(word) => {
                let bell = Doorbell::new(word);
                // If the kernel executes no barrier for others, one may have missed this bit: then
                // the slice ends the sleep.
                let value = bell.prepare_to_wait(Waiting::ASLEEP, || {
                    let _ = barrier::everywhere();
                });
                if let Some(result) = poll() {
                    return Some(result);
                }
                if futex::wait(word, value, left.min(SLICE)).is_err() {
                    process::sleep(pause.min(left));
                }
            }
            None => {
                process::sleep(pause.min(left));
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        if let Some(result) = poll() {
            return Some(result);
        }
    }
}

/// Tries until there is a place, or the time is over. `state` is what is in the way.
pub(super) fn wait_for_place<R>(
    block: &Block,
    (bell, timeout): (Option<&Word>, Duration),
    state: &'static str,
    corrupt: impl Fn() -> StructureError,
    mut attempt: impl FnMut() -> Claim<R>,
) -> Result<R, StructureError> {
    let mut is_busy = false;
    let result = wait(&block.inner, bell, timeout, || match attempt() {
        Claim::Place(result) => Some(Ok(result)),
        Claim::Corrupt => Some(Err(corrupt())),
        other => {
            is_busy = matches!(other, Claim::Busy);
            None
        }
    });
    result.unwrap_or_else(|| {
        let is_stuck = is_busy && timeout >= LEAST_STUCK && !block.inner.is_forked_copy();
        Err(if is_stuck { block.stuck(timeout) } else { block.timed_out(timeout, state) })
    })
}

/// A word on which processes sleep, of a structure that is used often.
pub(super) struct Bell {
    word: Option<Held<Word>>,
    is_registered: bool,
}

impl Bell {
    /// Returns the bells of those that wait for something to take, and of those that wait for room.
    pub(super) fn both(block: &Block) -> [Self; 2] {
        let is_registered = block.inner.is_registered();
        match block.record.as_ref().map(Record::bells) {
            Some(bells) => bells.map(|word| Self { word: Some(word), is_registered }),
            None => [(); 2].map(|()| Self { word: None, is_registered }),
        }
    }

    /// Wakes those that wait, after something was stored for which they do.
    #[inline]
    pub(super) fn ring(&self) {
        if let Some(word) = &self.word {
            ring_word(&word[0], self.is_registered);
        }
    }

    pub(super) fn word(&self) -> Option<&Word> {
        self.word.as_ref().map(|word| &word[0])
    }
}

/// Wakes those that wait, after something was stored for which they do.
#[inline]
pub(super) fn ring(inner: &Inner, bell: Option<&Word>) {
    if let Some(word) = bell {
        ring_word(word, inner.is_registered());
    }
}

#[inline]
fn ring_word(word: &Word, is_registered: bool) {
    let barrier = || if is_registered { sync::compiler_fence() } else { sync::seq_cst_fence() };
    Doorbell::new(word).ring(barrier, |_| futex::wake_all(word));
}
