//! Which bytes are values: as bounds, so that the compiler says what is wrong before anything runs.
//!
//! The constants of [`ShmMessage`](super::ShmMessage) decide; code that relies on them checks them. These traits say the
//! same to the compiler's type checker, which sees it earlier (`cargo check`, an editor), and says what to do.

use super::{FixedVec, Pad, ShmMessage, Str};

/// Types of which zeroed memory is a value: numbers, `bool`, `char`, text, lists, and structs and arrays of these.
///
/// `#[derive(ShmMessage)]` implements it for types that are; an enum needs a variant of value 0. For a message made by
/// hand whose [`ZERO_VALID`](super::ShmMessage::ZERO_VALID) is true, implement it beside.
#[diagnostic::on_unimplemented(
    message = "zeroed memory is no value of `{Self}`",
    label = "an enum in `{Self}` has no variant of value 0",
    note = "use `loan_uninit` (for slices `loan_slice_uninit`) and write a value, or publish a copy with `publish`",
    note = "or give the enum a variant of value 0"
)]
pub trait ZeroValid {}

/// Types of which any bytes are a value: numbers, text, and structs and arrays of these. Not `bool`, `char` and enums.
///
/// `#[derive(ShmMessage)]` implements it for types that are. Only such messages can be read in place: others are copied
/// and checked. For a message made by hand whose
/// [`EVERY_BIT_PATTERN_VALID`](super::ShmMessage::EVERY_BIT_PATTERN_VALID) is true, implement it beside.
#[diagnostic::on_unimplemented(
    message = "not any bytes are a value of `{Self}`",
    label = "`{Self}` has bit patterns that have no meaning, so it has to be copied and checked",
    note = "`bool`, `char` and enums have such bit patterns: in their place use `u8`, `u32` and the enum's integer, and convert"
)]
pub trait AnyBytesValid {}

macro_rules! all {
    ($Trait:ident: $($type:ty),*) => { $(impl $Trait for $type {})* };
}

all!(ZeroValid: (), u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, f32, f64, bool, char);
all!(AnyBytesValid: (), u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, f32, f64);

impl<T: ZeroValid> ZeroValid for [T] {}
impl<T: ZeroValid, const N: usize> ZeroValid for [T; N] {}
impl<T: ShmMessage, const N: usize> ZeroValid for FixedVec<T, N> {}
impl<const N: usize> ZeroValid for Str<N> {}
impl<const N: usize> ZeroValid for Pad<N> {}

impl<T: AnyBytesValid> AnyBytesValid for [T] {}
impl<T: AnyBytesValid, const N: usize> AnyBytesValid for [T; N] {}
impl<T: ShmMessage + AnyBytesValid, const N: usize> AnyBytesValid for FixedVec<T, N> {}
impl<const N: usize> AnyBytesValid for Str<N> {}
impl<const N: usize> AnyBytesValid for Pad<N> {}

/// [`ZeroValid`] by another name, for the derive: a bound for every lifetime is not looked at before it is used, so a
/// field's type may lack it.
#[diagnostic::on_unimplemented(
    message = "zeroed memory is no value of `{Self}`",
    label = "an enum in `{Self}` has no variant of value 0",
    note = "use `loan_uninit` (for slices `loan_slice_uninit`) and write a value, or publish a copy with `publish`",
    note = "or give the enum a variant of value 0"
)]
pub trait ZeroInField<'a> {}

impl<T: ZeroValid + ?Sized> ZeroInField<'_> for T {}

/// [`AnyBytesValid`] by another name, for the derive.
#[diagnostic::on_unimplemented(
    message = "not any bytes are a value of `{Self}`",
    label = "`{Self}` has bit patterns that have no meaning, so it has to be copied and checked",
    note = "`bool`, `char` and enums have such bit patterns: in their place use `u8`, `u32` and the enum's integer, and convert"
)]
pub trait AnyBytesInField<'a> {}

impl<T: AnyBytesValid + ?Sized> AnyBytesInField<'_> for T {}

/// What `#[shm(in_place)]` asks of each field.
pub const fn in_place<T: AnyBytesValid>() {}
