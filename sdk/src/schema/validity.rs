//! Which bytes are values: as bounds, so that the compiler says what is wrong before anything runs.
//!
//! The constants of [`ShmMessage`] decide; code that relies on them checks them. These traits say
//! the same to the compiler's type checker, which sees it earlier (`cargo check`, an editor), and
//! says what to do.

use super::{FixedVec, Pad, ShmMessage, Str};

/// Types of which zeros are a value: numbers, `bool`, `char`, text, lists, and arrays and structs
/// of these. An enum needs a variant of value 0.
///
/// [`Publisher::loan`](crate::Publisher::loan) and
/// [`loan_slice`](crate::Publisher::loan_slice) require it. `#[derive(ShmMessage)]` implements it
/// where it holds. Code that is generic needs it as a bound:
///
/// ```
/// use slotcast::{LoanError, Publisher, ShmMessage, ZeroValid};
///
/// fn check_memory<T: ShmMessage + ZeroValid>(publisher: &mut Publisher<T>) -> Result<(), LoanError> {
///     publisher.loan().map(drop)
/// }
///
/// #[derive(ShmMessage)]
/// #[repr(u8)]
/// enum Gear {
///     Reverse = 1,
///     Forward = 2,
/// }
///
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// check_memory(&mut publisher)?;
/// # let mut publisher = Publisher::<Gear>::builder("gear").domain(&domain).create()?;
/// // `Gear` has no variant of value 0, so there is no `loan()` of it:
/// let loan = publisher.loan_uninit()?.write(Gear::Forward);
/// publisher.send(loan)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// For a message implemented by hand whose [`ZERO_VALID`](ShmMessage::ZERO_VALID) is true,
/// implement it too. If that constant is false, uses do not compile in spite of this trait.
#[diagnostic::on_unimplemented(
    message = "zeroed memory is not a valid `{Self}`",
    label = "so `{Self}` has to be written before it is sent",
    note = "use `loan_uninit` (for slices `loan_slice_uninit`) and write a value, or publish a copy with `publish`",
    note = "zeroed memory is a valid enum if that has a variant of value 0; for a type parameter add the bound \
            `slotcast::ZeroValid`"
)]
pub trait ZeroValid {}

/// Types of which any bytes are a value: numbers, text, and lists, arrays and structs of these. Not
/// `bool`, `char` and enums.
///
/// A received message of such a type need not be checked. So a large one is read in place: in its
/// publisher's memory. What has to be checked is copied first: only the header, if that alone has
/// to be. `#[derive(ShmMessage)]` implements it where it holds, and `#[shm(in_place)]` on a type
/// demands it:
///
/// ```
/// use slotcast::ShmMessage;
///
/// #[derive(ShmMessage)]
/// #[repr(C)]
/// #[shm(in_place)] // with a `bool` inside, this would not compile
/// struct Point {
///     position: [f32; 3],
///     is_ground: u32,
/// }
///
/// fn any_bytes_are<T: slotcast::AnyBytesValid>() {}
/// any_bytes_are::<Point>();
/// ```
///
/// [`publish_partial`](crate::Publisher::publish_partial),
/// [`try_recv_partial`](crate::Subscriber::try_recv_partial) and
/// [`assume_filled`](crate::LoanUninit::assume_filled) require it, so code that is generic needs it
/// as a bound there.
///
/// For a message implemented by hand whose
/// [`EVERY_BIT_PATTERN_VALID`](ShmMessage::EVERY_BIT_PATTERN_VALID) is true, implement it too. If
/// that constant is false, uses do not compile in spite of this trait.
#[diagnostic::on_unimplemented(
    message = "some bit patterns are not a valid `{Self}`",
    label = "so `{Self}` has to be checked before it is used",
    note = "`bool`, `char` and enums have invalid bit patterns: in their place use `u8`, `u32` and the enum's integer, \
            and convert",
    note = "or have them only in the header of a slice, which is copied and checked while elements stay in place \
            (write it with `assume_filled_with`); for a type parameter add the bound `slotcast::AnyBytesValid`"
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

/// [`ZeroValid`] by another name, for the derive: a bound for every lifetime is not looked at
/// before it is used, so a field's type may lack it.
#[diagnostic::on_unimplemented(
    message = "zeroed memory is not a valid `{Self}`",
    label = "so `{Self}` has to be written before it is sent",
    note = "use `loan_uninit` (for slices `loan_slice_uninit`) and write a value, or publish a copy with `publish`",
    note = "zeroed memory is a valid enum if that has a variant of value 0; for a type parameter add the bound \
            `slotcast::ZeroValid`"
)]
pub trait ZeroInField<'a> {}

impl<T: ZeroValid + ?Sized> ZeroInField<'_> for T {}

/// [`AnyBytesValid`] by another name, for the derive.
#[diagnostic::on_unimplemented(
    message = "some bit patterns are not a valid `{Self}`",
    label = "so `{Self}` has to be checked before it is used",
    note = "`bool`, `char` and enums have invalid bit patterns: in their place use `u8`, `u32` and the enum's integer, \
            and convert",
    note = "or have them only in the header of a slice, which is copied and checked while elements stay in place \
            (write it with `assume_filled_with`); for a type parameter add the bound `slotcast::AnyBytesValid`"
)]
pub trait AnyBytesInField<'a> {}

impl<T: AnyBytesValid + ?Sized> AnyBytesInField<'_> for T {}

/// What `#[shm(in_place)]` asks of each field.
pub const fn in_place<T: AnyBytesValid>() {}
