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

/// What a reader that waits for `sequence` makes of a stamp that is not [`whole`]`(sequence)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The writer has not got there: the cell is empty, holds what it held a lap ago, or is being written.
    NotYet,
    /// The writer has passed; `newest` is in the cell, or being written to it.
    Passed { newest: u64 },
    /// No writer that keeps the protocol stores this here.
    Nonsense,
}

/// Reads a stamp of the cell of `sequence` in a ring of `cells`.
#[inline]
pub(super) const fn meaning(stamp: u64, sequence: u64, cells: u64) -> Meaning {
    let before = match sequence.checked_sub(cells) {
        Some(lap_ago) => whole(lap_ago),
        None => 0,
    };
    if stamp == before || stamp == writing(sequence) {
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
    let newest = (stamp - 1) / 2;
    // There is a power of two of cells.
    if newest <= LAST && (newest ^ sequence) & (cells - 1) == 0 {
        Meaning::Passed { newest }
    } else {
        Meaning::Nonsense
    }
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
                    let held = (stamp - 1) / 2;
                    let is_whole = stamp % 2 == 0;
                    if held % cells != sequence % cells {
                        Meaning::Nonsense
                    } else if held > sequence {
                        Meaning::Passed { newest: held }
                    } else if held == sequence || (is_whole && held + cells == sequence) {
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
