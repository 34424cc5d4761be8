//! Maps, sets, pools and channels.

use super::findings::Findings;
use crate::region::block::Block;
use crate::sync::{Word, Word32};

#[expect(clippy::cast_possible_truncation, reason = "tokens have 30 bits")]
fn token_of(word: u64, bits: u32) -> u32 {
    (word >> bits) as u32
}

pub(super) fn map(block: &Block, findings: &mut Findings) -> Option<()> {
    let header = block.words::<Word>(0, 3)?;
    let slots = usize::try_from(header[0].load_relaxed()).ok().filter(|&slots| slots != 0)?;
    let words = block.words::<Word>(24, slots.checked_mul(4)?)?;
    let mut present = 0;
    for (slot, words) in words.chunks_exact(4).enumerate() {
        let (key, cell) = (words[0].load_acquire(), words[1].load_acquire());
        let is_abandoned = key & 3 == 1 && block.inner.is_dead(token_of(key, 2));
        // Nobody looks beyond a slot that is claimed, so it can be free again.
        if (is_abandoned || key & 3 == 3 || (key & 3 == 0 && key != 0))
            && findings.note(format!("slot {slot} was claimed by a process that has died"))
        {
            words[0].store_release(0);
        }
        let copy = usize::from(cell >> 30 & 1 != 0);
        present += u64::from(key == 2 && words[2 + copy].load_relaxed() != 0);
    }
    let count = header[2].load_relaxed();
    if count != present && findings.note(format!("it says {count} keys, and has {present}")) {
        header[2].store_release(present);
    }
    Some(())
}

pub(super) fn pool(block: &Block, findings: &mut Findings) -> Option<()> {
    let capacity = block.words::<Word32>(0, 1)?[0].load_relaxed() as usize;
    let owners = block.words::<Word>(16, capacity).filter(|owners| !owners.is_empty())?;
    for (index, owner) in owners.iter().enumerate() {
        let seen = owner.load_acquire();
        let token = token_of(seen, 2);
        let is_abandoned = token != 0 && block.inner.is_dead(token);
        if is_abandoned && findings.note(format!("the owner of object {index} has died")) {
            owner.store_release(0);
        }
    }
    Some(())
}

pub(super) fn channel(block: &Block, findings: &mut Findings) -> Option<()> {
    const SLOTS: usize = 64;
    let header = block.words::<Word>(0, 3)?;
    if header[1].load_relaxed() != 0 {
        return Some(()); // its elements are in a queue
    }
    let words = block.words::<Word>(24, 3 * SLOTS)?;
    for (slot, words) in words.chunks_exact(3).enumerate() {
        let state = words[0].load_acquire();
        let is_abandoned = state != 0 && block.inner.is_dead(token_of(state, 3));
        if is_abandoned && findings.note(format!("a process has died while it used slot {slot}")) {
            words[0].store_release(0);
        }
    }
    Some(())
}
