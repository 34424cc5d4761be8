//! # Safety
//!
//! Every interleaving of one publisher and one subscriber, as far as a few messages and grants go. The file opts into
//! unsafe code to access cells that loom watches: it reports a write at the time of another access.
#![allow(unsafe_code, reason = "loom's cells give raw pointers")]

use super::*;
use crate::protocol::doorbell::Doorbell;
use crate::sync::{read_only, total_order};
use loom::cell::UnsafeCell;
use loom::thread;
use std::sync::Arc;

/// Two cells, of which one message is promised, and the words of one grant.
struct Ring {
    cells: [UnsafeCell<u64>; 2],
    head: Vec<Word>,
    cursor: Vec<Word>,
}

impl Ring {
    fn new() -> Arc<Self> {
        let word = || vec![Word::new(0)];
        Arc::new(Self { cells: [UnsafeCell::new(0), UnsafeCell::new(0)], head: word(), cursor: word() })
    }

    fn cell(&self, sequence: u64) -> &UnsafeCell<u64> {
        &self.cells[usize::try_from(sequence % 2).unwrap()]
    }
}

/// What is overwritten was copied before, and each message that was promised arrives.
#[test]
fn what_a_granted_reader_has_not_copied_is_not_overwritten() {
    loom::model(|| {
        let ring = Ring::new();
        let publisher = Arc::clone(&ring);
        let publisher = thread::spawn(move || {
            for sequence in 0..3 {
                let cursor = told(&read_only(&publisher.cursor)[0]);
                assert!(can_be(0, cursor, sequence));
                if sequence >= limit(0, cursor, 1) {
                    return;
                }
                // loom reports a copy at the same time.
                // SAFETY: nobody copies what is not promised any more.
                publisher.cell(sequence).with_mut(|cell| unsafe { *cell = sequence });
                publisher.head[0].store_release(sequence + 1);
            }
        });
        for sequence in 0..2 {
            if ring.head[0].load_acquire() <= sequence {
                break;
            }
            // SAFETY: it is promised until it was copied.
            let copied = ring.cell(sequence).with(|cell| unsafe { *cell });
            assert_eq!(copied, sequence);
            tell(&ring.cursor[0], sequence + 1);
        }
        publisher.join().unwrap();
    });
}

/// A subscriber joins a stream: where it starts, and all that follows, is covered by the grant.
#[test]
fn who_joins_misses_nothing() {
    loom::model(|| {
        let words: Arc<[Word; 3]> = Arc::new(std::array::from_fn(|_| Word::new(0)));
        let other = Arc::clone(&words);
        let publisher = thread::spawn(move || {
            let [head, joins, doorbell] = &*other;
            let mut start = 3;
            for sequence in 0..3 {
                if joins.load_acquire() != 0 {
                    start = sequence.min(start);
                }
                head.store_release(sequence + 1);
                Doorbell::new(doorbell).ring(total_order, |_| {});
            }
            start
        });
        let [head, joins, _] = &*words;
        joins.add_one();
        let begins = join(total_order, || head.load_acquire());
        let start = publisher.join().unwrap();
        assert!(start <= begins + 1, "granted from {start}, and reads from {begins}");
    });
}

struct Grants {
    words: Vec<Word>,
    changes: Vec<Word>,
}

impl Grants {
    fn new() -> Arc<Self> {
        let words = (0..WORDS_PER_ENTRY).map(|_| Word::new(0)).collect();
        Arc::new(Self { words, changes: vec![Word::new(0)] })
    }

    fn table<'a>(&'a self, state: &'a mut TableState) -> Table<'a> {
        Table::new(&self.words, &self.changes[0], state)
    }

    fn view(&self) -> TableView<'_> {
        TableView::new(read_only(&self.words), &read_only(&self.changes)[0])
    }
}

/// A grant is seen whole or not at all, though its entry is another's afterwards.
#[test]
fn nobody_takes_half_a_grant() {
    loom::model(|| {
        let grants = Grants::new();
        let other = Arc::clone(&grants);
        let publisher = thread::spawn(move || {
            let mut state = TableState::new();
            let mut table = other.table(&mut state);
            let entry = table.grant([7, 8], 5, true).unwrap();
            table.free(entry);
            table.grant([9, 8], 6, false).unwrap();
        });
        let found = grants.view().find([7, 8]);
        assert!(matches!(found, None | Some(Found::Granted { start: 5, line: None, pins: true })), "{found:?}");
        publisher.join().unwrap();
        assert_eq!(grants.view().find([7, 8]), None);
    });
}

/// Who sees the count of a change sees the change.
#[test]
fn a_change_that_was_counted_is_seen() {
    loom::model(|| {
        let grants = Grants::new();
        let other = Arc::clone(&grants);
        let publisher = thread::spawn(move || {
            let mut state = TableState::new();
            let mut table = other.table(&mut state);
            let entry = table.grant([7, 8], 5, true).unwrap();
            table.revoke(entry);
        });
        let changes = grants.view().changes();
        let found = grants.view().find([7, 8]);
        match changes {
            0 => {}
            1 => assert!(found.is_some()),
            _ => assert_eq!(found, Some(Found::Revoked)),
        }
        publisher.join().unwrap();
    });
}
