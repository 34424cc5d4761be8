//! The word that tells what a cell holds. No other file knows its bits.

/// The last sequence. At a thousand million messages per second it is reached after 146 years.
pub(crate) const LAST: u64 = 1 << 62;

/// The stamp while `sequence` is being written.
#[inline]
pub(super) const fn writing(sequence: u64) -> u64 {
    2 * sequence + 1
}

/// The stamp once `sequence` can be read.
#[inline]
pub(super) const fn whole(sequence: u64) -> u64 {
    2 * sequence + 2
}

/// What a stamp other than [`whole`]`(sequence)` means to a reader that waits for `sequence`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The writer has not published it: the cell is empty, holds the sequence of a lap ago, or is
    /// being written.
    NotYet,
    /// The writer has overwritten it: `newest` is in the cell, or is being written there.
    Lapped { newest: u64 },
    /// No writer that follows the protocol stores this stamp in this cell.
    Corrupt,
}

/// Interprets a stamp of the cell of `sequence`, in a ring of `cells`.
#[inline]
pub(super) const fn meaning(stamp: u64, sequence: u64, cells: u64) -> Meaning {
    let before = match sequence.checked_sub(cells) {
        Some(lap_ago) => whole(lap_ago),
        None => 0,
    };
    if stamp == before || stamp == writing(sequence) {
        return Meaning::NotYet;
    }
    lapped_or_corrupt(stamp, sequence, cells)
}

/// The rare part of [`meaning`].
#[cold]
const fn lapped_or_corrupt(stamp: u64, sequence: u64, cells: u64) -> Meaning {
    if stamp <= whole(sequence) {
        // The reader knows that a later stamp was here, and stamps never decrease.
        return Meaning::Corrupt;
    }
    let newest = (stamp - 1) / 2;
    // The number of cells is a power of two.
    if newest <= LAST && (newest ^ sequence) & (cells - 1) == 0 { Meaning::Lapped { newest } } else { Meaning::Corrupt }
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
                    if sequence < cells { Meaning::NotYet } else { Meaning::Corrupt }
                } else {
                    let held = (stamp - 1) / 2;
                    let is_whole = stamp % 2 == 0;
                    if held % cells != sequence % cells {
                        Meaning::Corrupt
                    } else if held > sequence {
                        Meaning::Lapped { newest: held }
                    } else if held == sequence || (is_whole && held + cells == sequence) {
                        Meaning::NotYet
                    } else {
                        Meaning::Corrupt
                    }
                };
                assert_eq!(meaning(stamp, sequence, cells), expected, "stamp {stamp} for {sequence}");
            }
        }
    }
}
