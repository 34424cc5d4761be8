//! Enums without fields: reading and validating them.

use super::walk::variants_of;
use super::{InvalidValue, Kind, Primitive, Schema, ShmMessage, Variant};

/// An integer type that can represent an enum.
pub trait EnumRepr {
    /// The description of this type.
    const PRIMITIVE: Primitive;

    /// Returns the value at the start of `bytes`.
    fn read(bytes: &[u8]) -> i128;
}

macro_rules! enum_reprs {
    ($($type:ident $primitive:ident)*) => { $(
        impl EnumRepr for $type {
            const PRIMITIVE: Primitive = Primitive::$primitive;

            #[inline(always)]
            fn read(bytes: &[u8]) -> i128 {
                let mut value = [0; size_of::<$type>()];
                value.copy_from_slice(&bytes[..size_of::<$type>()]);
                i128::from($type::from_le_bytes(value))
            }
        }
    )* };
}

enum_reprs! { u8 U8  u16 U16  u32 U32  u64 U64  i8 I8  i16 I16  i32 I32  i64 I64 }

/// Checks that `bytes` are a variant of the enum `E`, which is represented by `R`.
///
/// # Errors
///
/// [`InvalidValue`] with the value found and the valid ones.
#[inline]
pub fn validate_enum<E: ShmMessage, R: EnumRepr>(bytes: &[u8]) -> Result<(), InvalidValue> {
    const { assert!(size_of::<E>() == size_of::<R>()) };
    let value = R::read(bytes);
    // Known at compile time, so that most enums cost one comparison.
    let valid = match const { contiguous(E::SCHEMA) } {
        Some((least, greatest)) => least <= value && value <= greatest,
        None => variants(E::SCHEMA).iter().any(|variant| variant.value == value),
    };
    if valid { Ok(()) } else { Err(no_variant(value, E::SCHEMA)) }
}

/// Returns the smallest and largest value of an enum, if all values between them are valid too.
const fn contiguous(schema: &Schema) -> Option<(i128, i128)> {
    let variants = variants(schema);
    let mut least = i128::MAX;
    let mut greatest = i128::MIN;
    let mut i = 0;
    while i < variants.len() {
        let value = variants[i].value;
        if value < least {
            least = value;
        }
        if value > greatest {
            greatest = value;
        }
        i += 1;
    }
    // The compiler refuses two variants of one value, so counting suffices.
    if i > 0 && greatest - least == i as i128 - 1 { Some((least, greatest)) } else { None }
}

const fn variants(schema: &Schema) -> &[Variant] {
    match &schema.kind {
        Kind::Enum { variants, .. } => variants_of(variants),
        _ => &[],
    }
}

#[cold]
pub(crate) fn no_variant(value: i128, schema: &Schema) -> InvalidValue {
    let mut valid: Vec<String> =
        variants(schema).iter().take(16).map(|variant| format!("{} {}", variant.value, variant.name)).collect();
    if variants(schema).len() > valid.len() {
        valid.push("…".to_owned());
    }
    InvalidValue::new(value, format_args!("a `{}` ({})", schema.name, valid.join(", ")))
}
