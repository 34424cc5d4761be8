use super::layout;
use crate::schema::{Kind, Schema};

/// The largest message that lies in the cells of a ring, in bytes. Chosen, not measured size by size: two copies of much
/// more cost more than a pin.
pub(crate) const LARGEST_INLINE: u64 = 1024;

/// The unit of a pool: slots begin at multiples of it.
pub(crate) const SLOT_UNIT: usize = 64;

/// What a cell of the ring holds of a message that is in a pool, in bytes: where it is.
pub(crate) const CELL: usize = 24;

/// The largest pool, in bytes.
pub(crate) const MAX_POOL: u64 = 1 << 36;

/// Where a publisher's messages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// In the cells of its ring.
    Inline,
    /// In slots of its pool, all of one size.
    Pooled,
    /// In slots of its pool, of any size.
    Variable,
}

impl Content {
    /// That of messages of this layout: it follows from the schema alone, so both sides know it.
    pub(crate) fn of(schema: &Schema) -> Self {
        match schema.kind {
            Kind::Slice { .. } => Self::Variable,
            _ if schema.size > LARGEST_INLINE => Self::Pooled,
            _ => Self::Inline,
        }
    }

    /// Whether messages are in a pool, and the ring says where.
    pub(crate) fn is_pooled(self) -> bool {
        self != Self::Inline
    }

    /// What a cell of the ring holds, in bytes.
    pub(crate) fn payload(self, schema: &Schema) -> usize {
        if self.is_pooled() {
            return CELL;
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
