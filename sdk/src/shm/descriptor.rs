use super::content::{DESCRIPTOR_BYTES, MAX_POOL, SLOT_UNIT};
use crate::schema::{Kind, Schema};

/// Where a message is in the pool: what a cell of the ring contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// Where its slot begins, in bytes from the start of the pool.
    pub(crate) offset: u64,
    /// Its size in bytes.
    pub(crate) bytes: u64,
    /// How many elements it has; 1 for a message of fixed size.
    pub(crate) count: u64,
}

/// The sizes that messages of a layout can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All messages have the same size.
    Fixed { bytes: u64 },
    /// Elements of `element` bytes each, from the offset `elements_at` on.
    Variable { elements_at: u64, element: u64 },
}

impl Extent {
    pub(crate) fn of(schema: &Schema) -> Self {
        match &schema.kind {
            Kind::Slice { element, .. } => {
                Self::Variable { elements_at: schema.elements_at(), element: element.get().size }
            }
            _ => Self::Fixed { bytes: schema.size },
        }
    }

    pub(crate) fn is_variable(self) -> bool {
        matches!(self, Self::Variable { .. })
    }

    /// Returns the units in which a partial message grows: its elements, or its bytes if it has a
    /// fixed size.
    pub(crate) fn units(self, count: u64) -> u64 {
        match self {
            Self::Fixed { bytes } => bytes,
            Self::Variable { .. } => count,
        }
    }

    /// Returns where those units begin in a message, and the size of each, in bytes.
    pub(crate) fn place_of_units(self) -> (usize, usize) {
        let in_memory = |size| usize::try_from(size).expect("less than the address space");
        match self {
            Self::Fixed { .. } => (0, 1),
            Self::Variable { elements_at, element } => (in_memory(elements_at), in_memory(element)),
        }
    }

    /// Returns the size of a message of `count` elements. Returns `None` if no pool could contain
    /// it.
    pub(crate) fn bytes(self, count: u64) -> Option<u64> {
        let bytes = match self {
            Self::Fixed { bytes } => (count == 1).then_some(bytes)?,
            Self::Variable { elements_at, element } => element.checked_mul(count)?.checked_add(elements_at)?,
        };
        (bytes <= MAX_POOL).then_some(bytes)
    }

    /// Returns the size of a message of any number of elements, for error texts: `u64::MAX` if it
    /// is that or more.
    pub(crate) fn bytes_asked(self, count: u64) -> u64 {
        match self {
            Self::Fixed { bytes } => bytes.saturating_mul(count),
            Self::Variable { elements_at, element } => element.saturating_mul(count).saturating_add(elements_at),
        }
    }
}

impl Descriptor {
    /// The size of a descriptor in a cell, in bytes.
    pub(crate) const BYTES: usize = DESCRIPTOR_BYTES;

    #[inline]
    pub(crate) fn encode(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        for (place, word) in bytes.chunks_exact_mut(8).zip([self.offset, self.bytes, self.count]) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Reads a descriptor from the words of a cell.
    #[inline]
    pub(crate) fn decode(words: &[u64]) -> Self {
        Self { offset: words[0], bytes: words[1], count: words[2] }
    }

    /// Returns the number of the slot, the offset and the size of the message, in a pool of `pool`
    /// bytes. Returns `None` if it is invalid: it must begin where slots do, have the size that its
    /// elements imply, and be inside the pool.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "less than MAX_POOL, and usize has 64 bits")]
    pub(crate) fn check(self, extent: Extent, pool: usize) -> Option<(u32, usize, usize)> {
        let Self { offset, bytes, count } = self;
        let is_right = offset.is_multiple_of(SLOT_UNIT as u64)
            && extent.bytes(count) == Some(bytes)
            && offset.checked_add(bytes).is_some_and(|end| end <= (pool as u64).min(MAX_POOL));
        is_right.then_some(((offset / SLOT_UNIT as u64) as u32, offset as usize, bytes as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_descriptors_are_accepted() {
        let fixed = Extent::Fixed { bytes: 100 };
        let check = |offset, bytes, count| Descriptor { offset, bytes, count }.check(fixed, 4096);
        assert_eq!(check(0, 100, 1), Some((0, 0, 100)));
        assert_eq!(check(3968, 100, 1), Some((62, 3968, 100)));
        for (offset, bytes, count) in [(4032, 100, 1), (8, 100, 1), (64, 99, 1), (64, 100, 2), (u64::MAX - 63, 100, 1)]
        {
            assert_eq!(check(offset, bytes, count), None);
        }
        let slice = Extent::Variable { elements_at: 64, element: 12 };
        let check = |offset, bytes, count| Descriptor { offset, bytes, count }.check(slice, 4096);
        assert_eq!(check(64, 64, 0), Some((1, 64, 64)));
        assert_eq!(check(0, 64 + 12 * 300, 300), Some((0, 0, 3664)));
        for (bytes, count) in [(65, 0), (76, 2), (64 + 12 * 336, 337), (64 + 12 * 337, 337), (4, u64::MAX / 3)] {
            assert_eq!(check(0, bytes, count), None);
        }
        let descriptor = Descriptor { offset: 1, bytes: 2, count: 3 };
        let words: Vec<_> = descriptor.encode().chunks_exact(8).map(|word| u64::from(word[0])).collect();
        assert_eq!(Descriptor::decode(&words), descriptor);
    }
}
