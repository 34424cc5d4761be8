//! Every interleaving of one publisher and one subscriber, for a few messages and grants.

use super::*;
use crate::protocol::doorbell::Doorbell;
use crate::protocol::modelling::{Plain, spawn, zeros};
use crate::sync::{read_only, read_only_word, seq_cst_fence};
use std::sync::Arc;

/// Two cells, one promised message, and the cursor of one grant.
struct Ring {
    cells: [Plain; 2],
    head: Word,
    cursor: Word,
}

impl Ring {
    fn cell(&self, sequence: u64) -> &Plain {
        &self.cells[usize::try_from(sequence % 2).unwrap()]
    }
}

/// What is overwritten was copied before, and each promised message arrives.
#[test]
fn what_a_granted_reader_has_not_copied_is_not_overwritten() {
    loom::model(|| {
        let cells = [Plain::new(0), Plain::new(0)];
        let ring = Arc::new(Ring { cells, head: Word::new(0), cursor: Word::new(0) });
        let publisher = spawn(&ring, |ring| {
            for sequence in 0..3 {
                let cursor = load_cursor(read_only_word(&ring.cursor));
                assert!(is_plausible(0, cursor, sequence));
                if sequence >= limit(0, cursor, 1) {
                    return;
                }
                ring.cell(sequence).write(sequence);
                ring.head.store_release(sequence + 1);
            }
        });
        for sequence in 0..2 {
            if ring.head.load_acquire() <= sequence {
                break;
            }
            assert_eq!(ring.cell(sequence).read(), sequence);
            store_cursor(&ring.cursor, sequence + 1);
        }
        publisher.join().unwrap();
    });
}

/// A subscriber joins a running stream: the grant covers where it starts, and all that follows.
#[test]
fn a_subscriber_that_joins_misses_nothing() {
    loom::model(|| {
        let words: Arc<[Word; 3]> = Arc::new(std::array::from_fn(|_| Word::new(0)));
        let publisher = spawn(&words, |[head, joins, doorbell]| {
            let mut start = 3;
            for sequence in 0..3 {
                if joins.load_acquire() != 0 {
                    start = sequence.min(start);
                }
                head.store_release(sequence + 1);
                Doorbell::new(doorbell).ring(seq_cst_fence, |_| {});
            }
            start
        });
        let [head, joins, _] = &*words;
        joins.add_one();
        let begins = join(seq_cst_fence, || head.load_acquire());
        let start = publisher.join().unwrap();
        assert!(start <= begins + 1, "granted from {start}, and reads from {begins}");
    });
}

/// A subscriber joins a stream of which everything is withdrawn at once as long as nobody reads it:
/// what it wants is not.
#[test]
fn what_a_subscriber_that_joins_wants_is_not_withdrawn() {
    loom::model(|| {
        let words: Arc<[Word; 3]> = Arc::new(std::array::from_fn(|_| Word::new(0)));
        let publisher = spawn(&words, |[head, joins, doorbell]| {
            let mut kept_from = 0;
            for sequence in 0..3 {
                head.store_release(sequence + 1);
                Doorbell::new(doorbell).ring(seq_cst_fence, |_| {});
                if joins.load_acquire() == 0 {
                    kept_from = sequence + 1;
                }
            }
            kept_from
        });
        let [head, joins, _] = &*words;
        joins.add_one();
        let begins = join(seq_cst_fence, || head.load_acquire());
        let kept_from = publisher.join().unwrap();
        assert!(kept_from <= begins, "kept from {kept_from}, and read from {begins}");
    });
}

/// A table of one entry.
struct Grants {
    words: Vec<Word>,
    changes: Word,
}

impl Grants {
    fn new() -> Arc<Self> {
        Arc::new(Self { words: zeros(WORDS_PER_ENTRY), changes: Word::new(0) })
    }

    fn table<'a>(&'a self, state: &'a mut TableState) -> Table<'a> {
        Table::new(&self.words, &self.changes, state)
    }

    fn view(&self) -> TableView<'_> {
        TableView::new(read_only(&self.words), read_only_word(&self.changes))
    }
}

/// A grant is seen whole or not at all, even if its entry becomes another subscriber's.
#[test]
fn half_a_grant_is_never_seen() {
    loom::model(|| {
        let grants = Grants::new();
        let publisher = spawn(&grants, |grants| {
            let mut state = TableState::new();
            let mut table = grants.table(&mut state);
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

/// A subscriber that sees the count of a change sees the change.
#[test]
fn a_change_that_was_counted_is_seen() {
    loom::model(|| {
        let grants = Grants::new();
        let publisher = spawn(&grants, |grants| {
            let mut state = TableState::new();
            let mut table = grants.table(&mut state);
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
