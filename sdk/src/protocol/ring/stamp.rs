//! The word that says what is in a cell. Nobody else sees its bits.

/// The last sequence: at a thousand million messages a second it is reached after 146 years.
pub(crate) const LAST: u64 = 1 << 62;

/// `sequence` is being written.
#[inline]
pub(super) const fn writing(sequence: u64) -> u64 {
    2 * sequence + 1
}

/// `sequence` can be read.
#[inline]
pub(super) const fn whole(sequence: u64) -> u64 {
    2 * sequence + 2
}

/// `sequence` was here, and its writer has withdrawn it.
#[inline]
pub(super) const fn withdrawn(sequence: u64) -> u64 {
    2 * sequence + 3
}

/// What a reader that waits for `sequence` makes of a stamp that is not [`whole`]`(sequence)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The writer has not got there: the cell is empty, holds what it held a lap ago, or is being written.
    NotYet,
    /// The writer has passed; `newest` is in the cell, or was, or is being written to it.
    Passed { newest: u64 },
    /// The writer has withdrawn this very sequence.
    Withdrawn,
    /// No writer that keeps the protocol stores this here.
    Nonsense,
}

/// Reads a stamp of the cell of `sequence` in a ring of `cells`.
#[inline]
pub(super) const fn meaning(stamp: u64, sequence: u64, cells: u64) -> Meaning {
    let is_of_a_lap_ago = match sequence.checked_sub(cells) {
        Some(lap_ago) => stamp == whole(lap_ago) || stamp == withdrawn(lap_ago),
        None => stamp == 0,
    };
    if is_of_a_lap_ago || stamp == writing(sequence) {
        return Meaning::NotYet;
    }
    beyond(stamp, sequence, cells)
}

/// The part of [`meaning`] that is seldom taken.
#[cold]
const fn beyond(stamp: u64, sequence: u64, cells: u64) -> Meaning {
    if stamp <= whole(sequence) {
        // Lower than what this reader knows to have been here: a stamp never goes back.
        return Meaning::Nonsense;
    }
    if stamp == withdrawn(sequence) {
        return Meaning::Withdrawn;
    }
    let newest = (stamp - 1) / 2;
    if is_of_same_cell(newest, sequence, cells) {
        Meaning::Passed { newest }
    } else if stamp % 2 == 1 && is_of_same_cell(newest - 1, sequence, cells) {
        Meaning::Passed { newest: newest - 1 } // which was withdrawn
    } else {
        Meaning::Nonsense
    }
}

/// Whether `newest` can be, and lives in the cell of `sequence`.
const fn is_of_same_cell(newest: u64, sequence: u64, cells: u64) -> bool {
    // There is a power of two of cells.
    newest <= LAST && (newest ^ sequence) & (cells - 1) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stamp_of_a_small_ring_means_what_the_table_says() {
        let cells = 4;
        for sequence in 0..16_u64 {
            for stamp in (0..64).filter(|&stamp| stamp != whole(sequence)) {
                let expected = if stamp == 0 {
                    if sequence < cells { Meaning::NotYet } else { Meaning::Nonsense }
                } else {
                    let is_withdrawn = stamp % 2 == 1 && stamp >= 3 && (stamp - 3) / 2 % cells == sequence % cells;
                    let held = if is_withdrawn { (stamp - 3) / 2 } else { (stamp - 1) / 2 };
                    let is_whole = stamp % 2 == 0;
                    if held % cells != sequence % cells {
                        Meaning::Nonsense
                    } else if held > sequence {
                        Meaning::Passed { newest: held }
                    } else if held == sequence && is_withdrawn {
                        Meaning::Withdrawn
                    } else if held == sequence || ((is_whole || is_withdrawn) && held + cells == sequence) {
                        Meaning::NotYet
                    } else {
                        Meaning::Nonsense
                    }
                };
                assert_eq!(meaning(stamp, sequence, cells), expected, "stamp {stamp} for {sequence}");
            }
        }
    }
}
