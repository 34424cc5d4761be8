//! Well-known types that are not messages, each with what to use instead.
//!
//! Each trait here is [`ShmMessage`] by another name: a type implements either all of them or none.
//! For a field whose type is spelled `Vec<…>` the derive requires not `ShmMessage` but
//! [`InlineElements`], and so on. If the type is not a message, the compiler prints that trait's
//! text, which says what to use. A user's own type called `Vec` can be a message like any other.

use super::{InvalidValue, Schema, ShmMessage};

macro_rules! reasons {
    ($( $reason:ident: $message:literal, $label:literal, $note:literal; )*) => { $(
        #[diagnostic::on_unimplemented(
            message = $message,
            label = $label,
            note = $note
        )]
        #[allow(missing_docs, reason = "its text above documents it")]
        pub trait $reason {
            const SCHEMA: &'static Schema;
            const LAYOUT_CHECKED: ();
            const EVERY_BIT_PATTERN_VALID: bool;
            const ZERO_VALID: bool;
            fn validate(bytes: &[u8]) -> Result<(), InvalidValue>;
        }

        impl<T: ShmMessage> $reason for T {
            const SCHEMA: &'static Schema = <T as ShmMessage>::SCHEMA;
            const LAYOUT_CHECKED: () = <T as ShmMessage>::LAYOUT_CHECKED;
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
    FixedWidth:
        "`{Self}` cannot be in a message: its size depends on the machine",
        "use `u64` or `i64`",
        "for an index `u32` is enough; convert with `u64::try_from(n)?` and `usize::try_from(n)?`";
    InlineElements:
        "`{Self}` cannot be in a message: its elements are on this process's heap",
        "use `slotcast::FixedVec<T, N>`",
        "`FixedVec<T, N>` holds up to N elements inside the message, `[T; N]` exactly N; publish data of \
         any length as a slice: `Publisher::<[T], Header>`";
    InlineText:
        "`{Self}` cannot be in a message: its text is on this process's heap",
        "use `slotcast::Str<N>`",
        "`Str<N>` holds up to N bytes of UTF-8 inside the message; publish text of any length as a slice: \
         `Publisher::<[u8]>`";
    InlineEntries:
        "`{Self}` cannot be in a message: its entries are on this process's heap",
        "use `slotcast::FixedVec<Entry, N>`",
        "define `Entry` as a struct of key and value, with `#[repr(C)]` and `#[derive(ShmMessage)]`";
    InlineValue:
        "`{Self}` cannot be in a message: it points to memory that only this process has",
        "use the type inside, without the pointer",
        "in place of a pointer to a slice use `slotcast::FixedVec<T, N>`, in place of one to a `str` \
         `slotcast::Str<N>`";
    ConstantWhileShared:
        "`{Self}` cannot be in a message: it can change while it is shared",
        "use the plain type inside",
        "a message is written before it is published and never after; to change a value, publish again";
    AlwaysPresent:
        "`{Self}` cannot be in a message: its layout is not defined, and some of its bytes may be \
         uninitialised",
        "use the value, and a field that says whether it is present",
        "for example `temperature: f32` and `has_temperature: bool`, or `slotcast::FixedVec<T, 1>`";
    DefinedTime:
        "`{Self}` cannot be in a message: its layout is not defined",
        "use `u64`, in nanoseconds",
        "let the field's name or unit say what it counts: `stamp_ns`, or `#[shm(unit = \"ns\")]`";
    PlainValue:
        "`{Self}` cannot be in a message: other processes do not know what it promises about its value",
        "use the plain type inside",
        "convert after receiving, and handle a value that breaks the promise there";
}
