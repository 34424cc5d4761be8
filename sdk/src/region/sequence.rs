//! What queues and stacks have in common: a header of 16 bytes, elements, and a word of 32 bits for
//! each.

use super::block::Block;
use super::element::{Element, Elements};
use super::error::RegionError;
use super::format::align8;
use super::handle::Region;
use super::kind::StructureKind;
use super::new::New;
use super::waiting::Bell;
use crate::sync::Word32;
use crate::sys::shared_memory::Held;

/// Bytes before the elements.
const HEADER: usize = 16;

/// The parts of a queue or stack.
pub(super) struct Sequence<T> {
    pub(super) block: Block,
    pub(super) header: Held<Word32>,
    pub(super) elements: Elements<T>,
    pub(super) words: Held<Word32>,
    pub(super) bells: [Bell; 2],
}

/// Where the header's fields are, in words.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub(super) capacity: usize,
    pub(super) element_size: usize,
}

impl<T: Element> Sequence<T> {
    /// Creates a structure; `fill` stores what is not zero.
    pub(super) fn create(
        region: &Region,
        name: &str,
        kind: StructureKind,
        (capacity, fields): (u32, Fields),
        fill: impl FnOnce(&[Word32], &[Word32]),
    ) -> Result<Self, RegionError> {
        let size = bytes::<T>(capacity).ok_or_else(|| {
            let problem = format!("{capacity} elements of {} bytes are too many", size_of::<T>()).into();
            RegionError::Argument { region: region.name().into(), structure: name.into(), problem }
        })?;
        let (element_size, schemas) = (size_of::<T>(), &[T::SCHEMA][..]);
        let new = New { name: name.into(), kind, size: size.1, element_size, schemas, extra: 0 };
        let block = region.create_one(new, |block| {
            let header = block.header::<Word32>(0, HEADER / 4)?;
            header[fields.capacity].store_relaxed(capacity);
            header[fields.element_size].store_relaxed(u32::try_from(element_size).unwrap_or(u32::MAX));
            fill(&header, &block.header::<Word32>(size.0, capacity as usize)?);
            Ok(())
        })?;
        Self::of(block, fields)
    }

    /// Opens a structure that exists.
    pub(super) fn open(region: &Region, name: &str, kind: StructureKind, fields: Fields) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, kind, &[T::SCHEMA])?, fields)
    }

    fn of(block: Block, fields: Fields) -> Result<Self, RegionError> {
        let header = block.header::<Word32>(0, HEADER / 4)?;
        block.check_element(header[fields.element_size].load_relaxed(), size_of::<T>())?;
        let capacity = header[fields.capacity].load_relaxed();
        let parts = bytes::<T>(capacity)
            .filter(|&(_, end)| capacity != 0 && block.size as u64 - end.min(block.size as u64) < 8);
        let parts = parts.and_then(|(words_at, _)| {
            let elements = Elements::new(&block, HEADER, capacity as usize)?;
            Some((elements, block.words::<Word32>(words_at, capacity as usize)?))
        });
        let Some((elements, words)) = parts else {
            let size = block.size;
            return Err(block.layout(format!(
                "it says {capacity} elements of {} bytes, which does not fit its {size} bytes",
                size_of::<T>()
            )));
        };
        Ok(Self { bells: Bell::both(&block), block, header, elements, words })
    }
}

/// Returns where the words begin, and the size of all.
fn bytes<T>(capacity: u32) -> Option<(usize, u64)> {
    let elements = u64::from(capacity).checked_mul(size_of::<T>() as u64)?;
    let words_at = align8(elements)?.checked_add(HEADER as u64)?;
    let end = words_at.checked_add(4 * u64::from(capacity))?;
    Some((usize::try_from(words_at).ok()?, end))
}
