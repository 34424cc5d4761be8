//! Whether ROS writes a message with exactly the bytes that it has in memory: it writes each field
//! at the next multiple of its size.

use slotcast::schema::{Kind, Schema};

/// The largest multiple at which ROS writes anything.
const LARGEST: u64 = 8;

/// Returns whether everything in a type lies where ROS writes it, if the type itself does.
pub(super) fn lies_as_written(schema: &Schema) -> bool {
    match &schema.kind {
        Kind::Slice { header, element } => {
            header.as_ref().is_none_or(|header| fits(header.get())) && fits_in_a_row(element.get(), LARGEST)
        }
        _ => fits(schema),
    }
}

fn fits(schema: &Schema) -> bool {
    let mut next = 0;
    place(schema, 0, &mut next) && next == schema.size
}

fn fits_in_a_row(element: &Schema, count: u64) -> bool {
    let mut next = 0;
    (0..count).all(|index| place(element, index * element.size, &mut next))
}

/// Returns whether ROS, which has written `next` bytes so far, writes everything of a type where it
/// lies, at `offset` in the message. Moves `next` behind it.
fn place(schema: &Schema, offset: u64, next: &mut u64) -> bool {
    match &schema.kind {
        // 128 bits are two integers there.
        Kind::Primitive(_) | Kind::Enum { .. } => number(schema.size.clamp(1, LARGEST), schema.size, offset, next),
        Kind::Str { .. } | Kind::Pad { .. } => number(1, schema.size, offset, next),
        Kind::Struct { fields } => {
            fields.iter().all(|field| place(field.schema.get(), offset + field.offset, next))
                && *next == offset + schema.size
        }
        Kind::Array { element, len } => elements(element.get(), *len, offset, next),
        Kind::List { element, capacity } => {
            number(schema.align.clamp(1, LARGEST), 8, offset, next)
                && elements(element.get(), *capacity, offset + 8, next)
                && {
                    *next += tail(schema); // written as bytes
                    *next == offset + schema.size
                }
        }
        Kind::Slice { .. } => false,
    }
}

/// Returns how many bytes follow the elements of a list, so that its size is a multiple of its
/// alignment.
pub(super) fn tail(list: &Schema) -> u64 {
    match &list.kind {
        Kind::List { element, capacity } => list.size.saturating_sub(8 + capacity * element.get().size),
        _ => 0,
    }
}

/// The places of elements repeat after a few of them.
fn elements(element: &Schema, len: u64, offset: u64, next: &mut u64) -> bool {
    let first = len.min(LARGEST);
    let are_placed = (0..first).all(|index| place(element, offset + index * element.size, next));
    *next += (len - first) * element.size;
    are_placed
}

fn number(alignment: u64, size: u64, offset: u64, next: &mut u64) -> bool {
    let is_placed = next.next_multiple_of(alignment) == offset;
    *next = offset + size;
    is_placed
}
