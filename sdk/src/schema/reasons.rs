//! Well-known types that are no messages, each with what to use instead.
//!
//! Each trait here is [`ShmMessage`] by another name: what implements the one implements the other. The
//! derive asks for a field of a type spelled `Vec<…>` not that it be a `ShmMessage` but that it be
//! [`ElementsInMessage`], and so on; if it is not, the compiler's message is that trait's, and says what to
//! use. A user's own type called `Vec` is a message if it derives to be one, like any other.

use super::{InvalidValue, Schema, ShmMessage};

macro_rules! reasons {
    ($( $reason:ident: $message:literal, $label:literal, $note:literal; )*) => { $(
        #[diagnostic::on_unimplemented(
            message = $message,
            label = $label,
            note = $note
        )]
        #[allow(missing_docs, reason = "the text above is its documentation")]
        pub trait $reason {
            const SCHEMA: &'static Schema;
            const EVERY_BIT_PATTERN_VALID: bool;
            const ZERO_VALID: bool;
            fn validate(bytes: &[u8]) -> Result<(), InvalidValue>;
        }

        impl<T: ShmMessage> $reason for T {
            const SCHEMA: &'static Schema = <T as ShmMessage>::SCHEMA;
            const EVERY_BIT_PATTERN_VALID: bool = <T as ShmMessage>::EVERY_BIT_PATTERN_VALID;
            const ZERO_VALID: bool = <T as ShmMessage>::ZERO_VALID;

            #[inline(always)]
            fn validate(bytes: &[u8]) -> Result<(), InvalidValue> {
                <T as ShmMessage>::validate(bytes)
            }
        }
    )* };
}

reasons! {
    WidthInMessage:
        "`{Self}` cannot be in a message: its size depends on the machine",
        "use `u64` or `i64`",
        "`u32` does for an index; convert with `u64::try_from(n)?` and `usize::try_from(n)?`";
    ElementsInMessage:
        "`{Self}` cannot be in a message: its elements are on this process's heap",
        "use `slotcast::FixedVec<T, N>`",
        "`FixedVec<T, N>` holds up to N elements in the message itself, `[T; N]` exactly N; data of any \
         length is published as a slice: `Publisher::<[T], Header>`";
    TextInMessage:
        "`{Self}` cannot be in a message: its text is on this process's heap",
        "use `slotcast::Str<N>`",
        "`Str<N>` holds up to N bytes of UTF-8 in the message itself; text of any length is published as a \
         slice: `Publisher::<[u8]>`";
    EntriesInMessage:
        "`{Self}` cannot be in a message: its entries are on this process's heap",
        "use `slotcast::FixedVec<Entry, N>`",
        "make `Entry` a struct of key and value, with `#[repr(C)]` and `#[derive(ShmMessage)]`";
    ValueInMessage:
        "`{Self}` cannot be in a message: it points to memory that only this process has",
        "use the type inside, without the pointer",
        "instead of a pointer to a slice use `slotcast::FixedVec<T, N>`, instead of one to a `str` \
         `slotcast::Str<N>`";
    SameWhileShared:
        "`{Self}` cannot be in a message: what can change while it is shared is no message",
        "use the plain type inside",
        "a message is written before it is published and never after; to change a value, publish again";
    AlwaysThere:
        "`{Self}` cannot be in a message: its layout is not defined, and some of its bytes may be unset",
        "use the value, and a field that says whether it holds",
        "for example `temperature: f32` and `has_temperature: bool`, or `slotcast::FixedVec<T, 1>`";
    TimeInMessage:
        "`{Self}` cannot be in a message: its layout is not defined",
        "use `u64`, in nanoseconds",
        "let the field say what it counts: name it `stamp_ns`, or add `#[shm(unit = \"ns\")]`";
    PlainInMessage:
        "`{Self}` cannot be in a message: what it promises of its value other processes do not know",
        "use the plain type inside",
        "convert after receiving, where a value that breaks the promise can be dealt with";
}
