//! Checks of a message type at compile time, called by the code that the derive emits.

use super::SchemaHash;
use super::const_text::ConstText;

/// Where a field is in its struct.
#[derive(Debug)]
pub struct Extent {
    name: &'static str,
    offset: usize,
    size: usize,
    needs_drop: bool,
}

/// Returns the extent of a field of type `T`, which need not be a message.
pub const fn extent<T>(name: &'static str, offset: usize) -> Extent {
    Extent { name, offset, size: size_of::<T>(), needs_drop: std::mem::needs_drop::<T>() }
}

/// Fails to compile if there is padding right before field `at`; if `at` is the number of fields,
/// at the end. The message names every gap of the struct, so that one edit fixes it.
#[track_caller]
pub const fn no_padding_before(message: &str, size: usize, fields: &[Extent], at: usize) {
    if gap_before(size, fields, at) == 0 || any_needs_drop(fields) {
        return;
    }
    let mut text = ConstText::<2048>::new().text("`").text(message).text("` has padding: ");
    let mut i = 0;
    let mut gaps = 0;
    while i <= fields.len() {
        let gap = gap_before(size, fields, i);
        if gap > 0 {
            text = text.text(if gaps > 0 { "; and " } else { "" });
            text = text.number(gap as u128).text(if gap == 1 { " byte " } else { " bytes " });
            text = if i < fields.len() {
                text.text("before field `").text(fields[i].name)
            } else {
                text.text("at the end, after field `").text(fields[i - 1].name)
            };
            text = text.text("`: add `_pad").number(gaps);
            text = text.text(": slotcast::Pad<").number(gap as u128).text(">` there");
            gaps += 1;
        }
        i += 1;
    }
    text = text.text(
        ". Every byte of a message is shared, and padding has no defined contents. (Fields ordered \
         by alignment, largest first, leave a gap only at the end.)",
    );
    panic!("{}", text.as_str())
}

const fn gap_before(size: usize, fields: &[Extent], at: usize) -> usize {
    let end_of_previous = if at == 0 { 0 } else { fields[at - 1].offset + fields[at - 1].size };
    let start = if at < fields.len() { fields[at].offset } else { size };
    start - end_of_previous
}

/// Fails to compile if `T` has a destructor of its own. (Its fields are messages and have none.)
#[track_caller]
pub const fn no_destructor<T>(message: &str, fields: &[Extent]) {
    if std::mem::needs_drop::<T>() && !any_needs_drop(fields) {
        let text = ConstText::<512>::new().text("`").text(message).text(
            "` has a destructor. A message is bytes that are copied any number of times and never \
             dropped: remove `impl Drop`, and move what needs cleanup to a type that is not a message",
        );
        panic!("{}", text.as_str())
    }
}

/// Returns whether a field is certainly not a message. That is reported by itself, and its
/// replacement will have another size, so the other checks stay silent.
const fn any_needs_drop(fields: &[Extent]) -> bool {
    let mut i = 0;
    while i < fields.len() {
        if fields[i].needs_drop {
            return true;
        }
        i += 1;
    }
    false
}

/// Fails to compile if a layout is not the one that `#[shm(hash = "…")]` pins.
#[track_caller]
pub const fn pinned_hash(message: &str, actual: SchemaHash, pinned: SchemaHash) {
    if actual.0 != pinned.0 {
        let text = ConstText::<512>::new()
            .text("the layout of `")
            .text(message)
            .text("` differs from the pinned one: its hash is \"")
            .hex(actual.0)
            .text(
                "\". If the change is intended, pin that hash; programs built before the change will \
                 refuse to connect",
            );
        panic!("{}", text.as_str())
    }
}
