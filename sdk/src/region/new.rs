//! Structures to be created.

use super::kind::StructureKind;
use super::record::Schemas;

/// A structure to be created.
pub(super) struct New<'a> {
    pub(super) name: String,
    pub(super) kind: StructureKind,
    /// Bytes of the structure itself.
    pub(super) size: u64,
    pub(super) element_size: usize,
    pub(super) schemas: Schemas<'a>,
    /// Bytes of words that only this crate sees.
    pub(super) extra: u64,
}
