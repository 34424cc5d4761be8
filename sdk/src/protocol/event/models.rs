//! Every interleaving of a notifier that counts and a listener that looks.

use super::*;
use crate::protocol::modelling::{explore_three_preemptions, spawn, zeros};
use std::sync::Arc;

struct Memory {
    groups: Vec<Word>,
    counters: Vec<Word>,
}

impl Memory {
    fn new() -> Arc<Self> {
        Arc::new(Self { groups: zeros(GROUPS), counters: zeros(IDS) })
    }

    fn count(&self, told: &mut Tally, id: u8) {
        Counts::new(&self.groups, &self.counters).count(told, id, || {});
    }

    fn view(&self) -> CountsView<'_> {
        CountsView::new(sync::read_only(&self.groups), sync::read_only(&self.counters))
    }

    fn look(&self, seen: &mut Tally, heard: &mut [u64; 3]) {
        self.view().news(seen, &three(), |id, count| heard[usize::from(id)] += count).unwrap();
    }
}

/// The ids that the models use: with fewer loads there are fewer interleavings.
fn three() -> Filter {
    let mut filter = Filter::NONE;
    (0..3).for_each(|id| filter.add(id));
    filter
}

/// Two events of one id and one of another, in a group, while a listener looks twice: after a last
/// look it has heard each exactly once.
#[test]
fn no_event_is_lost_or_heard_twice() {
    explore_three_preemptions(|| {
        let memory = Memory::new();
        let notifier = spawn(&memory, |memory| {
            let told = &mut Tally::nothing();
            memory.count(told, 1);
            memory.count(told, 2);
            memory.count(told, 1);
        });
        let (mut seen, mut heard) = (Tally::nothing(), [0; 3]);
        memory.look(&mut seen, &mut heard);
        memory.look(&mut seen, &mut heard);
        notifier.join().unwrap();
        memory.look(&mut seen, &mut heard);
        assert_eq!(heard, [0, 2, 1]);
    });
}

/// A listener that sees the group's count sees the event: it does not keep a count whose event it
/// has missed.
#[test]
fn a_groups_count_brings_its_events() {
    explore_three_preemptions(|| {
        let memory = Memory::new();
        let notifier = spawn(&memory, |memory| memory.count(&mut Tally::nothing(), 1));
        let (mut seen, mut heard) = (Tally::nothing(), [0; 3]);
        memory.look(&mut seen, &mut heard);
        assert!(heard[1] >= seen.groups[0], "the count of the group was kept, and its event missed");
        notifier.join().unwrap();
    });
}

/// A listener that joins while the notifier counts hears each event that it has not taken as seen.
#[test]
fn what_was_not_seen_at_joining_is_heard() {
    explore_three_preemptions(|| {
        let memory = Memory::new();
        let notifier = spawn(&memory, |memory| {
            let told = &mut Tally::nothing();
            memory.count(told, 1);
            memory.count(told, 1);
        });
        let (mut seen, mut heard) = (Tally::all(memory.view(), &three()), [0; 3]);
        let before = seen.counters[1];
        memory.look(&mut seen, &mut heard);
        notifier.join().unwrap();
        memory.look(&mut seen, &mut heard);
        assert_eq!(before + heard[1], 2);
    });
}

/// A notifier that dies between the two steps has counted all the same.
#[test]
fn what_was_counted_before_a_death_is_heard() {
    loom::model(|| {
        let memory = Memory::new();
        memory.counters[1].store_relaxed(1);
        let (mut seen, mut heard) = (Tally::nothing(), [0; 3]);
        memory.look(&mut seen, &mut heard);
        assert_eq!(heard, [0; 3]);
        memory.view().last_news(&mut seen, &three(), |id, count| heard[usize::from(id)] += count).unwrap();
        assert_eq!(heard, [0, 1, 0]);
    });
}
