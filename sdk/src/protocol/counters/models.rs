//! Every interleaving of an owner that counts and reports, and a reader.

use super::*;
use crate::protocol::modelling::{explore_three_preemptions, spawn, zeros};
use crate::sync;
use std::sync::Arc;

struct Memory(Vec<Word>);

impl Memory {
    fn new() -> Arc<Self> {
        Arc::new(Self(zeros(WORDS)))
    }

    fn table(&self) -> Table<'_> {
        Table::new(&self.0)
    }

    fn view(&self) -> TableView<'_> {
        TableView::new(sync::read_only(&self.0))
    }
}

#[test]
fn a_counter_that_is_found_has_its_label() {
    explore_three_preemptions(|| {
        let memory = Memory::new();
        let owner = spawn(&memory, |memory| {
            memory.table().add_counter(0, "frames", "1");
            memory.table().value(0).add_relaxed(1);
        });
        for row in memory.view().counters() {
            assert!(row.label.starts_with(b"frames\0") && row.unit.starts_with(b"1\0"));
            assert!(row.value <= 1);
        }
        owner.join().unwrap();
        assert_eq!(memory.view().counters().map(|row| row.value).sum::<u64>(), 1);
    });
}

/// Additions of two threads are not lost.
#[test]
fn all_additions_count() {
    explore_three_preemptions(|| {
        let memory = Memory::new();
        memory.table().add_counter(0, "frames", "");
        let other = spawn(&memory, |memory| memory.table().value(0).add_relaxed(2));
        memory.table().value(0).add_relaxed(3);
        other.join().unwrap();
        assert_eq!(memory.view().counters().map(|row| row.value).sum::<u64>(), 5);
    });
}

#[test]
fn an_error_that_is_found_has_its_text_and_its_time() {
    explore_three_preemptions(|| {
        let memory = Memory::new();
        let owner = spawn(&memory, |memory| {
            memory.table().add_error(0, "broken", 1);
            memory.table().set_error(0, 2, 2);
        });
        for row in memory.view().errors() {
            assert!(row.text.starts_with(b"broken\0") && row.first_ns == 1);
            assert!(row.count >= 1 && row.last_ns >= row.count, "{row:?}");
        }
        owner.join().unwrap();
    });
}
