use super::layout;
use crate::schema::{Kind, Schema};

/// The largest message in the cells of a ring, in bytes. Measured one way, between processors of
/// which one takes 0.14 µs to see a line of the other: read in full, messages up to 2 KiB come
/// sooner through the ring. If only eight bytes are read, those from 768 bytes on come sooner in
/// place. This is between the two.
pub(crate) const LARGEST_INLINE: u64 = 1024;

/// The unit of a pool, in bytes: slots begin at multiples of it.
pub(crate) const SLOT_UNIT: usize = 64;

/// The size of a descriptor, which a cell of the ring contains if the message is in a pool, in
/// bytes.
pub(crate) const DESCRIPTOR_BYTES: usize = 24;

/// The largest pool, in bytes.
pub(crate) const MAX_POOL: u64 = 1 << 36;

/// Where a publisher's messages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// In the cells of its ring.
    Inline,
    /// In slots of its pool, all of the same size.
    Pooled,
    /// In slots of its pool, of any size.
    Variable,
}

impl Content {
    /// Returns where messages of this layout are. It follows from the schema alone, so both sides
    /// know it.
    pub(crate) fn of(schema: &Schema) -> Self {
        match schema.kind {
            Kind::Slice { .. } => Self::Variable,
            _ if schema.size > LARGEST_INLINE => Self::Pooled,
            _ => Self::Inline,
        }
    }

    /// Returns whether messages are in a pool, and the ring contains descriptors.
    pub(crate) fn is_pooled(self) -> bool {
        self != Self::Inline
    }

    /// Returns the size of what a cell of the ring contains, in bytes.
    pub(crate) fn payload(self, schema: &Schema) -> usize {
        if self.is_pooled() {
            return DESCRIPTOR_BYTES;
        }
        usize::try_from(schema.size).expect("at most LARGEST_INLINE")
    }

    pub(super) fn flags(self) -> u64 {
        match self {
            Self::Inline => 0,
            Self::Pooled => layout::FLAG_POOL,
            Self::Variable => layout::FLAG_POOL | layout::FLAG_VARIABLE,
        }
    }
}
