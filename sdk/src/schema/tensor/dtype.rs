//! The types of a tensor's elements.

use std::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The type of a tensor's elements. The numbers are those in the header.
///
/// ```
/// use slotcast::tensor::DType;
///
/// assert_eq!((DType::Bf16.size(), DType::Bf16.to_string()), (2, "bf16".to_owned()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the number type of that name")]
pub enum DType {
    U8 = 1,
    U16 = 2,
    U32 = 3,
    U64 = 4,
    I8 = 5,
    I16 = 6,
    I32 = 7,
    I64 = 8,
    F32 = 9,
    F64 = 10,
    /// IEEE 754 binary16, which has no Rust type: view it as `u16`.
    F16 = 11,
    /// The upper half of an `f32`, which has no Rust type: view it as `u16`.
    Bf16 = 12,
}

impl DType {
    /// All of them.
    pub const ALL: [DType; 12] = [
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::F32,
        DType::F64,
        DType::F16,
        DType::Bf16,
    ];

    /// Returns the size of one element in bytes: 1, 2, 4 or 8.
    pub const fn size(self) -> u64 {
        match self {
            DType::U8 | DType::I8 => 1,
            DType::U16 | DType::I16 | DType::F16 | DType::Bf16 => 2,
            DType::U32 | DType::I32 | DType::F32 => 4,
            DType::U64 | DType::I64 | DType::F64 => 8,
        }
    }

    /// Returns whether elements of this type can be viewed as `wanted`: they are the same, or a
    /// 16-bit float and `u16`.
    pub(super) fn can_be_viewed_as(self, wanted: DType) -> bool {
        self == wanted || (matches!(self, DType::F16 | DType::Bf16) && wanted == DType::U16)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

mod sealed {
    /// What a view requires of an element: any bytes are a value.
    pub trait Plain: super::FromBytes + super::IntoBytes + super::Immutable + super::KnownLayout {}
}

/// A Rust type as which a tensor's elements can be viewed: `u8` to `u64`, `i8` to `i64`, `f32`,
/// `f64`.
///
/// ```
/// use slotcast::tensor::{DType, Element};
///
/// assert_eq!(<f32 as Element>::DTYPE, DType::F32);
/// ```
pub trait Element: Copy + sealed::Plain + 'static {
    /// The element type of the same name.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($type:ident $dtype:ident)*) => { $(
        impl sealed::Plain for $type {}

        impl Element for $type {
            const DTYPE: DType = DType::$dtype;
        }
    )* };
}

elements! { u8 U8  u16 U16  u32 U32  u64 U64  i8 I8  i16 I16  i32 I32  i64 I64  f32 F32  f64 F64 }
