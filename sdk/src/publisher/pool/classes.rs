//! Sizes of slots: of messages of variable size they go up in quarters of powers of two, so that at
//! most a quarter of a slot is empty.

use crate::shm::SLOT_UNIT;

/// How many classes there are: their sizes reach beyond the largest pool.
pub(super) const CLASSES: usize = 4 + 4 * 29;

/// Which slots a pool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sizes {
    /// All of this many bytes.
    One(usize),
    /// Of every class, up to this many bytes.
    Quarters(usize),
}

impl Sizes {
    /// Returns the class of slots for messages of `bytes` bytes, and the size of the slots. Returns
    /// `None` if no slot is that large.
    #[inline]
    pub(super) fn of(self, bytes: usize) -> Option<(usize, usize)> {
        match self {
            Self::One(size) => (bytes <= size).then_some((0, size)),
            Self::Quarters(largest) => {
                let (class, size) = quarter(bytes.div_ceil(SLOT_UNIT));
                // Slots of the largest class are no larger than the pool.
                (bytes <= largest).then_some((class, (size * SLOT_UNIT).min(largest)))
            }
        }
    }

    pub(super) fn classes(self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Quarters(_) => CLASSES,
        }
    }
}

/// Returns the class and the size of slots for `units` units, in units.
#[inline]
fn quarter(units: usize) -> (usize, usize) {
    let units = units.max(1);
    if units <= 4 {
        return (units - 1, units);
    }
    let order = (units - 1).ilog2() as usize; // 2^order < units <= 2^(order + 1)
    let step = 1 << (order - 2);
    let size = (units + step - 1) & !(step - 1); // the compiler does not know that it is a power of two
    (4 + 4 * (order - 2) + (size >> (order - 2)) - 5, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_grow_by_at_most_a_quarter() {
        let mut last = (0, 1);
        for units in 1..100_000 {
            let (class, size) = quarter(units);
            assert!(size >= units && (units <= 4 || size <= units + units / 4), "{units}: {size}");
            assert!(
                (class, size) == last || (class == last.0 + 1 && last.1 + 1 == units),
                "{units}: {class}, {last:?}"
            );
            last = (class, size);
        }
        assert!(quarter(1 << 30).0 < CLASSES);
    }

    #[test]
    fn what_is_larger_than_all_has_no_class() {
        assert_eq!(Sizes::One(128).of(100), Some((0, 128)));
        assert_eq!(Sizes::One(128).of(129), None);
        assert_eq!(Sizes::Quarters(4096).of(0), Some((0, 64)));
        assert_eq!(Sizes::Quarters(4096).of(4000), Some((19, 4096)));
        assert_eq!(Sizes::Quarters(4096 + 64).of(4100), Some((20, 4096 + 64)));
        assert_eq!(Sizes::Quarters(4096).of(4097), None);
    }
}
