//! Queues, stacks and rings.

use super::findings::Findings;
use crate::region::block::Block;
use crate::region::format::align8;
use crate::sync::{Byte, SharedWord, Word, Word32};

/// The bytes of elements, of any type.
struct Raw {
    bytes: crate::sys::shared_memory::Held<Byte>,
    size: usize,
}

impl Raw {
    fn read(&self, index: usize) -> Vec<u8> {
        self.bytes[index * self.size..][..self.size].iter().map(SharedWord::load).collect()
    }

    fn write(&self, index: usize, value: &[u8]) {
        self.bytes[index * self.size..].iter().zip(value).for_each(|(byte, &value)| byte.store(value));
    }
}

/// Returns the elements and the words behind them.
fn parts(block: &Block, capacity: u32, size: u32) -> Option<(Raw, crate::sys::shared_memory::Held<Word32>)> {
    let bytes = u64::from(capacity).checked_mul(u64::from(size)).filter(|&bytes| bytes != 0)?;
    let words_at = usize::try_from(align8(bytes)?.checked_add(16)?).ok()?;
    let raw = Raw { bytes: block.words::<Byte>(16, usize::try_from(bytes).ok()?)?, size: size as usize };
    Some((raw, block.words::<Word32>(words_at, capacity as usize)?))
}

pub(super) fn queue(block: &Block, findings: &mut Findings) -> Option<()> {
    let header = block.words::<Word32>(0, 4)?;
    let [head, tail, capacity, size] = [0, 1, 2, 3].map(|at| header[at].load_acquire());
    let (elements, sequences) = parts(block, capacity, size).filter(|_| capacity.is_power_of_two() && capacity > 1)?;
    let cell = |position: u32| (position & (capacity - 1)) as usize;
    let count = tail.wrapping_sub(head);
    let mut is_wrong = count > capacity;
    if is_wrong {
        findings.note(format!("its head is {head} and its tail {tail}, with {capacity} cells"));
    }
    let mut kept = Vec::new();
    for distance in 0..capacity {
        let position = head.wrapping_add(distance);
        let sequence = sequences[cell(position)].load_acquire();
        let is_full = sequence == position.wrapping_add(1);
        if distance < count && is_full {
            kept.push(elements.read(cell(position)));
        } else if distance < count {
            findings.note(format!("position {position} was taken and not filled: a process does so now, or has died"));
            is_wrong = true;
        } else if sequence != position {
            findings.note(format!("position {position} was not freed: a process reads it now, or has died"));
            is_wrong = true;
        }
    }
    if is_wrong && findings.mends {
        for (index, (position, word)) in (0..capacity).zip(sequences.iter()).enumerate() {
            if let Some(element) = kept.get(index) {
                elements.write(index, element);
            }
            word.store_release(position + u32::from(index < kept.len()));
        }
        header[0].store_release(0);
        header[1].store_release(u32::try_from(kept.len()).unwrap_or(0));
    }
    Some(())
}

pub(super) fn stack(block: &Block, findings: &mut Findings) -> Option<()> {
    let header = block.words::<Word32>(0, 4)?;
    let [top, capacity, size] = [0, 1, 2].map(|at| header[at].load_acquire());
    let (elements, states) = parts(block, capacity, size)?;
    let count = top.wrapping_add(1);
    let mut is_wrong = count > capacity;
    if is_wrong {
        findings.note(format!("its top is {}, with {capacity} places", top.cast_signed()));
    }
    let mut kept = Vec::new();
    for (place, word) in (0..).zip(states.iter()) {
        let state = word.load_acquire();
        let expected = if place < count { 2 } else { 0 };
        if state != expected {
            findings
                .note(format!("place {place} has state {state}, not {expected}: a process uses it now, or has died"));
            is_wrong = true;
        }
        if state == 2 {
            kept.push(elements.read(place as usize));
        }
    }
    if is_wrong && findings.mends {
        for (index, word) in states.iter().enumerate() {
            if let Some(element) = kept.get(index) {
                elements.write(index, element);
            }
            word.store_release(if index < kept.len() { 2 } else { 0 });
        }
        header[0].store_release(u32::try_from(kept.len()).unwrap_or(0).wrapping_sub(1));
    }
    Some(())
}

pub(super) fn ring(block: &Block, findings: &mut Findings) -> Option<()> {
    let (positions, sizes) = (block.words::<Word>(0, 2)?, block.words::<Word32>(16, 2)?);
    let [capacity, size] = [0, 1].map(|at| u64::from(sizes[at].load_relaxed()));
    block
        .words::<Byte>(24, usize::try_from(capacity).ok()?)
        .filter(|_| size != 0 && capacity != 0 && capacity % size == 0)?;
    let [write, read] = [0, 1].map(|at| positions[at].load_acquire());
    let is_possible = write.wrapping_sub(read) <= capacity && write % size == 0 && read % size == 0;
    if !is_possible && findings.note(format!("{write} bytes were written and {read} read, of elements of {size} bytes"))
    {
        positions[0].store_release(0);
        positions[1].store_release(0);
    }
    Some(())
}
