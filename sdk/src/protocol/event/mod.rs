//! The counts of a notifier's events: one counter for each id, and one for each group of 32 ids, so
//! that a listener reads 8 words to see that nothing has happened.
//!
//! The notifier alone writes them, and never waits. All counters only grow. Each side, in order:
//!
//! | notifier | listener |
//! | --- | --- |
//! | 1. stores the counter of the id, plus one | 1. loads the counters of all groups |
//! | 2. stores the counter of the group, plus one (E1) | 2. acquires (E2) |
//! | 3. rings the topic's doorbell | 3. loads the counters of each group that has changed: what has happened |
//!
//! *Could an event be lost?* A listener keeps the count of a group that it loaded (1) before the
//! counters (3).
//!
//! 1. It loads the group's count with the event in it. Then it sees the event's counter too, by E1
//!    and E2.
//! 2. It loads the group's count without the event. Then the count differs the next time, whether
//!    the event's counter was seen already or not.
//!
//! In the second case it may find no difference the next time, which costs 32 loads. An event is
//! never seen twice, as the counter that was seen is kept.
//!
//! *And if the notifier dies between 1 and 2?* When it is dead, the listener loads all counters,
//! whatever the groups say.

use crate::sync::{self, ReadOnlyWord, Word};

/// How many ids there are.
pub(crate) const IDS: usize = 256;
/// How many ids a group has.
const GROUP: usize = 32;
/// How many groups there are: a cache line of them.
pub(crate) const GROUPS: usize = IDS / GROUP;

/// The notifier's view of its counts.
#[derive(Clone, Copy)]
pub(crate) struct Counts<'a> {
    groups: &'a [Word],
    counters: &'a [Word],
}

/// A listener's view of a notifier's counts.
#[derive(Clone, Copy)]
pub(crate) struct CountsView<'a> {
    groups: &'a [ReadOnlyWord],
    counters: &'a [ReadOnlyWord],
}

/// Counts as one process knows them: what a notifier has told, or a listener has seen of it.
#[derive(Debug)]
pub(crate) struct Tally {
    groups: [u64; GROUPS],
    counters: Box<[u64]>,
}

/// The ids that a listener wants to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// A bit for each id, those of a group in one number.
    groups: [u32; GROUPS],
}

/// A counter has become less than it was: its owner does not keep the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backwards {
    pub(crate) id: u8,
    pub(crate) seen: u64,
    pub(crate) found: u64,
}

impl Filter {
    pub(crate) const ALL: Self = Self { groups: [u32::MAX; GROUPS] };
    pub(crate) const NONE: Self = Self { groups: [0; GROUPS] };

    pub(crate) fn add(&mut self, id: u8) {
        self.groups[usize::from(id) / GROUP] |= 1 << (usize::from(id) % GROUP);
    }
}

impl<'a> Counts<'a> {
    /// # Panics
    /// If there are too few words.
    #[inline]
    pub(crate) fn new(groups: &'a [Word], counters: &'a [Word]) -> Self {
        Self { groups, counters }
    }

    /// Counts an event. The doorbell must be rung afterwards. `told` is what was counted before, as
    /// the notifier keeps it for itself: it never loads what others read. `between` is called
    /// between the two steps.
    #[inline]
    pub(crate) fn count(self, told: &mut Tally, id: u8, between: impl FnOnce()) {
        let (id, group) = (usize::from(id), usize::from(id) / GROUP);
        // They do not wrap within any machine's life.
        told.counters[id] = told.counters[id].wrapping_add(1);
        self.counters[id].store_relaxed(told.counters[id]);
        between();
        told.groups[group] = told.groups[group].wrapping_add(1);
        // SYNC POINT E1: the counter before that of its group; pairs with E2.
        self.groups[group].store_release(told.groups[group]);
    }
}

impl<'a> CountsView<'a> {
    /// # Panics
    /// If there are too few words.
    #[inline]
    pub(crate) fn new(groups: &'a [ReadOnlyWord], counters: &'a [ReadOnlyWord]) -> Self {
        Self { groups, counters }
    }

    /// Calls `report` for each id that has happened since, with how often.
    ///
    /// # Errors
    /// When a counter has become less. What was found before that was reported.
    #[inline]
    pub(crate) fn news(
        self,
        seen: &mut Tally,
        filter: &Filter,
        mut report: impl FnMut(u8, u64),
    ) -> Result<(), Backwards> {
        let mut groups = [0; GROUPS];
        for (count, word) in groups.iter_mut().zip(self.groups) {
            *count = word.load_relaxed();
        }
        if groups == seen.groups {
            return Ok(());
        }
        // SYNC POINT E2: the counts of groups before those of ids; pairs with E1.
        sync::acquire_fence();
        for (group, count) in groups.into_iter().enumerate() {
            if count != seen.groups[group] {
                seen.groups[group] = count;
                self.group_news(group, seen, filter, &mut report)?;
            }
        }
        Ok(())
    }

    /// Does the same for a notifier that counts no more, whatever its groups say.
    ///
    /// # Errors
    /// As [`news`](Self::news).
    pub(crate) fn last_news(
        self,
        seen: &mut Tally,
        filter: &Filter,
        mut report: impl FnMut(u8, u64),
    ) -> Result<(), Backwards> {
        // The kernel has told that its owner is dead, which orders more than this.
        sync::acquire_fence();
        (0..GROUPS).try_for_each(|group| self.group_news(group, seen, filter, &mut report))
    }

    fn group_news(
        self,
        group: usize,
        seen: &mut Tally,
        filter: &Filter,
        report: &mut impl FnMut(u8, u64),
    ) -> Result<(), Backwards> {
        let mut wanted = filter.groups[group];
        while wanted != 0 {
            let index = group * GROUP + wanted.trailing_zeros() as usize;
            wanted &= wanted - 1;
            let (found, before) = (self.counters[index].load_relaxed(), seen.counters[index]);
            if found == before {
                continue;
            }
            let id = u8::try_from(index).unwrap_or(u8::MAX);
            if found < before {
                return Err(Backwards { id, seen: before, found });
            }
            seen.counters[index] = found;
            report(id, found - before);
        }
        Ok(())
    }
}

impl Tally {
    /// Nothing was seen: all that has ever happened is news.
    pub(crate) fn nothing() -> Self {
        Self { groups: [0; GROUPS], counters: vec![0; IDS].into() }
    }

    /// Returns how often an event has happened.
    pub(crate) fn of(&self, id: u8) -> u64 {
        self.counters[usize::from(id)]
    }

    /// Everything until now was seen.
    pub(crate) fn all(view: CountsView<'_>, filter: &Filter) -> Self {
        let mut seen = Self::nothing();
        // Counters do not become less than 0.
        let _ = view.news(&mut seen, filter, |_, _| {});
        seen
    }
}

#[cfg(all(test, loom))]
mod models;
