//! Structures of a few words.

use super::findings::Findings;
use crate::protocol::region::sharing::Sharing;
use crate::region::block::Block;
use crate::region::rw_lock::READERS;
use crate::sync::{Word, Word32};

/// Sets a number of processes that wait to zero.
fn waiting(word: &Word32, findings: &mut Findings) {
    let waiting = word.load_relaxed();
    // While others use the region, some may wait.
    if waiting != 0 && findings.mends && findings.note(format!("{waiting} processes were counted as waiting")) {
        word.store_release(0);
    }
}

/// Frees what a dead process was about to do: a word that is `taken`.
fn abandoned(
    block: &Block,
    (word, owner): (&Word32, Option<&Word>),
    (free, taken): (u32, u32),
    findings: &mut Findings,
) {
    if word.load_acquire() != taken {
        return;
    }
    #[expect(clippy::cast_possible_truncation, reason = "tokens have 30 bits")]
    let token = owner.map_or(0, |owner| (owner.load_relaxed() >> 2) as u32);
    let has_died = token != 0 && block.inner.is_dead(token);
    let text = match token {
        _ if has_died => "its owner has died",
        0 if findings.mends => "it was taken, and nobody is recorded as its owner",
        _ => return, // it is in use; or another client's
    };
    if findings.note(text.into()) {
        word.store_release(free);
        if let Some(owner) = owner {
            owner.store_release(0);
        }
    }
}

pub(super) fn semaphore(block: &Block, findings: &mut Findings) -> Option<()> {
    let words = block.words::<Word32>(0, 4)?;
    let [count, most] = [0, 2].map(|at| words[at].load_acquire().cast_signed());
    let is_possible = count >= 0 && (most == 0 || count <= most);
    if !is_possible && findings.note(format!("it has {count} permits, of at most {most}")) {
        words[0].store_release(most.max(0).cast_unsigned());
    }
    waiting(&words[1], findings);
    Some(())
}

pub(super) fn mutex(block: &Block, findings: &mut Findings) -> Option<()> {
    let words = block.words::<Word32>(0, 4)?;
    let owner = block.record.as_ref().map(|record| record.owner());
    abandoned(block, (&words[0], owner), (1, 0), findings);
    let count = words[0].load_relaxed();
    if count > 1 && findings.note(format!("its count is {}, not 0 or 1", count.cast_signed())) {
        words[0].store_release(1);
    }
    waiting(&words[1], findings);
    Some(())
}

pub(super) fn barrier(block: &Block, findings: &mut Findings) -> Option<()> {
    let words = block.words::<Word32>(0, 4)?;
    let [arrived, participants] = [0, 2].map(|at| words[at].load_acquire());
    let is_possible = arrived < participants;
    if (!is_possible || (arrived != 0 && findings.mends))
        && findings.note(format!("{arrived} of {participants} participants have arrived"))
    {
        words[0].store_release(0);
    }
    Some(())
}

pub(super) fn once(block: &Block, findings: &mut Findings) -> Option<()> {
    let words = block.words::<Word32>(0, 1)?;
    let owner = block.record.as_ref().map(|record| record.owner());
    abandoned(block, (&words[0], owner), (0, 1), findings);
    let state = words[0].load_relaxed();
    if state > 2 && findings.note(format!("its state is {state}, not 0 to 2")) {
        words[0].store_release(0);
    }
    Some(())
}

pub(super) fn event(block: &Block, findings: &mut Findings) -> Option<()> {
    let words = block.words::<Word32>(0, 3)?;
    let mode = words[1].load_relaxed();
    if mode > 1 && findings.note(format!("its mode is {mode}, not 0 or 1")) {
        words[1].store_release(1);
    }
    waiting(&words[2], findings);
    Some(())
}

/// The state of a read-write lock, the count of a monitor, or the value of a signal.
pub(super) fn part(block: &Block, findings: &mut Findings) -> Option<()> {
    let record = block.record.as_ref()?;
    if let Some(slots) = record.extra(READERS) {
        let words = block.words::<Word32>(0, 2)?;
        let [reading, writing] = [0, 1].map(|at| words[at].load_acquire());
        let is_possible =
            reading.cast_signed() >= 0 && writing <= 1 && (reading == 0 || writing == 0 || !findings.mends);
        let is_idle = (reading, writing) == (0, 0);
        if (!is_possible || (findings.mends && !is_idle))
            && findings.note(format!("{} read and {writing} write", reading.cast_signed()))
        {
            let sharing = Sharing { reading: &words[0], writing: &words[1], readers: &slots };
            sharing.unmark();
            sharing.clear();
        }
    } else if block.name.ends_with("_count") {
        waiting(&block.words::<Word32>(0, 1)?[0], findings);
    }
    Some(())
}

pub(super) fn future(block: &Block, findings: &mut Findings) -> Option<()> {
    let words = block.words::<Word32>(0, 2)?;
    let owner = block.record.as_ref().map(|record| record.owner());
    abandoned(block, (&words[0], owner), (0, 1), findings);
    let state = words[0].load_relaxed();
    if state > 3 && findings.note(format!("its state is {state}, not 0 to 3")) {
        words[0].store_release(0);
    }
    waiting(&words[1], findings);
    Some(())
}

pub(super) fn lazy(block: &Block, findings: &mut Findings) -> Option<()> {
    let (words, owner) = (block.words::<Word32>(0, 1)?, block.words::<Word>(8, 1)?);
    abandoned(block, (&words[0], Some(&owner[0])), (0, 1), findings);
    let state = words[0].load_relaxed();
    if state > 2 && findings.note(format!("its state is {state}, not 0 to 2")) {
        words[0].store_release(0);
    }
    Some(())
}

/// A writer that has died is replaced by the next one. So there is nothing to mend.
pub(super) fn atomic(block: &Block, _: &mut Findings) -> Option<()> {
    block.words::<Word>(0, 1).map(drop)
}
