//! The types that messages consist of: numbers, `bool`, `char`, arrays.
//!
//! # Safety
//!
//! The file opts into unsafe code to implement `ShmMessage`. Each implementation proves that it
//! meets the requirements.
#![allow(unsafe_code, reason = "`ShmMessage` is unsafe to implement")]

use std::borrow::Cow;

use super::{InvalidValue, Kind, Nested, Primitive, Schema, ShmMessage};

const fn primitive(primitive: Primitive) -> Schema {
    Schema {
        name: Cow::Borrowed(primitive.name()),
        version: 0,
        size: primitive.size(),
        align: primitive.size(),
        doc: Cow::Borrowed(""),
        kind: Kind::Primitive(primitive),
    }
}

macro_rules! numbers {
    ($($type:ident $primitive:ident)*) => { $(
        const _: () = {
            assert!(size_of::<$type>() as u64 == Primitive::$primitive.size());
            assert!(align_of::<$type>() as u64 == Primitive::$primitive.size());
        };

        // SAFETY: numbers have a fixed layout, no padding and no invalid bit patterns. Size and
        // alignment are asserted above.
        unsafe impl ShmMessage for $type {
            const SCHEMA: &'static Schema = &primitive(Primitive::$primitive);
            const EVERY_BIT_PATTERN_VALID: bool = true;
            const ZERO_VALID: bool = true;

            #[inline(always)]
            fn validate(_: &[u8]) -> Result<(), InvalidValue> {
                Ok(())
            }
        }
    )* };
}

numbers! {
    u8 U8  u16 U16  u32 U32  u64 U64  u128 U128
    i8 I8  i16 I16  i32 I32  i64 I64  i128 I128
    f32 F32  f64 F64
}

// SAFETY: `bool` is one byte, 0 or 1, which `validate` checks.
unsafe impl ShmMessage for bool {
    const SCHEMA: &'static Schema = &primitive(Primitive::Bool);

    #[inline]
    fn validate(bytes: &[u8]) -> Result<(), InvalidValue> {
        match bytes[0] {
            0 | 1 => Ok(()),
            byte => Err(InvalidValue::new(byte, "a bool (0 or 1)")),
        }
    }
}

// SAFETY: `char` has the layout of `u32`; `validate` accepts exactly the Unicode scalar values.
unsafe impl ShmMessage for char {
    const SCHEMA: &'static Schema = &primitive(Primitive::Char);

    #[inline]
    fn validate(bytes: &[u8]) -> Result<(), InvalidValue> {
        let code = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        match char::from_u32(code) {
            Some(_) => Ok(()),
            None => {
                Err(InvalidValue::new(format_args!("{code:#x}"), "a char (0 to 0x10ffff without 0xd800 to 0xdfff)"))
            }
        }
    }
}

// SAFETY: an array is its elements one after another, without padding between or after them, and
// each element meets the requirements. `validate` checks each.
unsafe impl<T: ShmMessage, const N: usize> ShmMessage for [T; N] {
    const SCHEMA: &'static Schema = {
        assert!(N > 0, "an array in a message needs at least one element");
        &Schema {
            name: Cow::Borrowed(""),
            version: 0,
            size: size_of::<Self>() as u64,
            align: align_of::<Self>() as u64,
            doc: Cow::Borrowed(""),
            kind: Kind::Array { element: Nested::Static(T::SCHEMA), len: N as u64 },
        }
    };
    const LAYOUT_CHECKED: () = T::LAYOUT_CHECKED;
    const EVERY_BIT_PATTERN_VALID: bool = T::EVERY_BIT_PATTERN_VALID;
    const ZERO_VALID: bool = T::ZERO_VALID;

    #[inline]
    fn validate(bytes: &[u8]) -> Result<(), InvalidValue> {
        if T::EVERY_BIT_PATTERN_VALID {
            return Ok(());
        }
        for (index, element) in bytes.chunks_exact(size_of::<T>()).enumerate() {
            T::validate(element).map_err(|error| error.in_element(index))?;
        }
        Ok(())
    }
}
