//! # Safety
//!
//! What the messages of a topic can be: values of one size, or slices with or without a header
//! before them. The file opts into unsafe code to see memory as the message in it, which callers
//! ensure to be there, and to see messages as their bytes.
#![allow(unsafe_code, reason = "memory is seen as the message that is in it")]

use super::lines::MAX_ALIGN;
use crate::schema::{InvalidValue, Kind, Nested, Schema, SchemaHash, ShmMessage};
use crate::shm::LARGEST_INLINE;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;

/// What can be published on a topic: any [`ShmMessage`], and `[T]` of any message `T`, which is of
/// variable size.
///
/// Sealed: other crates cannot implement it.
///
/// # Examples
///
/// ```
/// use slotcast::{Payload, Publisher};
///
/// fn is_quiet<T: Payload + ?Sized>(publisher: &Publisher<T>) -> bool {
///     publisher.readers().is_ok_and(|readers| readers.is_empty())
/// }
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// assert!(is_quiet(&Publisher::<u64>::builder("counter").domain(&domain).create()?));
/// assert!(is_quiet(&Publisher::<[u8]>::builder("text").domain(&domain).create()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "`{Self}` cannot be shared between processes as it is",
    note = "if `{Self}` is a struct of your own, add `#[derive(ShmMessage)]` and `#[repr(C)]` to it; \
            if it is an enum without fields, `#[derive(ShmMessage)]` and `#[repr(u8)]`",
    note = "if it is a union, which of its fields holds is not in its bytes: make it a struct with a field that says \
            which, or bytes (`[u8; N]`)",
    note = "if it comes from another crate, make a message of your own that has its fields, and \
            convert",
    note = "instead of the standard library's types: `slotcast::Str<N>` for `String`, \
            `slotcast::FixedVec<T, N>` for `Vec<T>`, `u64` for `usize` and for times (in nanoseconds); \
            data of any length is published as a slice: `[T]`, or `[u8]` for text"
)]
pub trait Payload: sealed::Payload {}

impl<T: ShmMessage> Payload for T {}
impl<T: ShmMessage> Payload for [T] {}

/// What can stand before the elements of a message of variable size: nothing, `()`, or any
/// [`ShmMessage`] that is aligned to at most 64 bytes, as messages are.
///
/// Sealed: other crates cannot implement it.
///
/// # Examples
///
/// ```
/// #[derive(slotcast::ShmMessage)]
/// #[repr(C, align(64))]
/// struct Frame([u8; 64]);
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let publisher = slotcast::Publisher::<[u8], Frame>::builder("frames").domain(&domain).create()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A header of a larger alignment does not compile:
///
/// ```compile_fail,E0080
/// #[derive(slotcast::ShmMessage)]
/// #[repr(C, align(128))]
/// struct Frame([u8; 128]);
///
/// let publisher = slotcast::Publisher::<[u8], Frame>::new("frames")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Header: sealed::Header {}

impl Header for () {}
impl<T: ShmMessage> Header for T {}

/// The headers that messages `T` can have: `()` for all, and any [`Header`] for slices.
///
/// Sealed: other crates cannot implement it.
///
/// # Examples
///
/// ```
/// use slotcast::{HeaderOf, Payload, Publisher};
///
/// fn prepare<T: Payload + ?Sized, H: HeaderOf<T>>(topic: &str) -> slotcast::PublisherBuilder<T, H> {
///     Publisher::builder(topic).depth(100).timestamps(true)
/// }
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let counter = prepare::<u64, ()>("counter").domain(&domain).create()?;
/// let frames = prepare::<[u8], u32>("frames").domain(&domain).create()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the header of `{T}`",
    label = "a message of fixed size has no header",
    note = "put the header's fields into the message; or publish a slice, `[{T}]`, which can have a header"
)]
pub trait HeaderOf<T: ?Sized>: Header {}

impl<T> HeaderOf<T> for () {}
// `str` is no message: so the compiler reports that, and nothing else.
impl HeaderOf<str> for () {}
impl<T, H: Header> HeaderOf<[T]> for H {}

pub(crate) mod sealed {
    use super::{InvalidValue, NonNull, Schema, ShmMessage, bytes_of, ptr};

    /// What has to be known of a type of payloads.
    #[doc(hidden)]
    pub trait Payload: Send + Sync + 'static {
        /// The elements of a slice; otherwise the message itself.
        type Part: ShmMessage;
        const IS_SLICE: bool;

        /// Sees memory as a payload: `bytes` bytes of a slice, or as many as a message has.
        fn see(start: NonNull<u8>, bytes: usize) -> NonNull<Self>;

        fn validate(bytes: &[u8]) -> Result<(), InvalidValue>;

        /// Its elements; of a message of fixed size that is itself.
        fn parts(&self) -> &[Self::Part];

        /// Sees elements as a payload. Returns `None` if they are not as many as it has.
        fn from_parts(parts: &[Self::Part]) -> Option<&Self>;

        /// The same, to be written.
        fn from_parts_mut(parts: &mut [Self::Part]) -> Option<&mut Self>;
    }

    impl<T: ShmMessage> Payload for T {
        type Part = T;
        const IS_SLICE: bool = false;

        #[inline]
        fn see(start: NonNull<u8>, _: usize) -> NonNull<Self> {
            start.cast()
        }

        #[inline]
        fn validate(bytes: &[u8]) -> Result<(), InvalidValue> {
            <T as ShmMessage>::validate(&bytes[..size_of::<T>()])
        }

        fn parts(&self) -> &[T] {
            std::slice::from_ref(self)
        }

        fn from_parts(parts: &[T]) -> Option<&T> {
            match parts {
                [one] => Some(one),
                _ => None,
            }
        }

        fn from_parts_mut(parts: &mut [T]) -> Option<&mut T> {
            match parts {
                [one] => Some(one),
                _ => None,
            }
        }
    }

    impl<T: ShmMessage> Payload for [T] {
        type Part = T;
        const IS_SLICE: bool = true;

        #[inline]
        fn see(start: NonNull<u8>, bytes: usize) -> NonNull<Self> {
            let elements = ptr::slice_from_raw_parts_mut(start.cast::<T>().as_ptr(), bytes / size_of::<T>());
            // SAFETY: its address is that of `start`.
            unsafe { NonNull::new_unchecked(elements) }
        }

        fn validate(bytes: &[u8]) -> Result<(), InvalidValue> {
            let elements = bytes.chunks_exact(size_of::<T>()).enumerate();
            for (index, element) in elements {
                T::validate(element).map_err(|error| error.in_element(index))?;
            }
            Ok(())
        }

        fn parts(&self) -> &[T] {
            self
        }

        fn from_parts(parts: &[T]) -> Option<&[T]> {
            Some(parts)
        }

        fn from_parts_mut(parts: &mut [T]) -> Option<&mut [T]> {
            Some(parts)
        }
    }

    /// What has to be known of a type of headers.
    #[doc(hidden)]
    pub trait Header: Send + Sync + 'static {
        const SCHEMA: Option<&'static Schema>;
        const BYTES: usize;
        const ALIGN: usize;
        const LAYOUT_CHECKED: ();
        const EVERY_BIT_PATTERN_VALID: bool;
        const ZERO_VALID: bool;

        fn validate(bytes: &[u8]) -> Result<(), InvalidValue>;

        /// Its bytes, as many as [`BYTES`](Self::BYTES).
        fn header_bytes(&self) -> &[u8];
    }

    impl Header for () {
        const SCHEMA: Option<&'static Schema> = None;
        const BYTES: usize = 0;
        const ALIGN: usize = 1;
        const LAYOUT_CHECKED: () = ();
        const EVERY_BIT_PATTERN_VALID: bool = true;
        const ZERO_VALID: bool = true;

        fn validate(_: &[u8]) -> Result<(), InvalidValue> {
            Ok(())
        }

        fn header_bytes(&self) -> &[u8] {
            &[]
        }
    }

    impl<T: ShmMessage> Header for T {
        const SCHEMA: Option<&'static Schema> = Some(T::SCHEMA);
        const BYTES: usize = size_of::<T>();
        const ALIGN: usize = align_of::<T>();
        const LAYOUT_CHECKED: () = <T as ShmMessage>::LAYOUT_CHECKED;
        const EVERY_BIT_PATTERN_VALID: bool = <T as ShmMessage>::EVERY_BIT_PATTERN_VALID;
        const ZERO_VALID: bool = <T as ShmMessage>::ZERO_VALID;

        fn validate(bytes: &[u8]) -> Result<(), InvalidValue> {
            <T as ShmMessage>::validate(bytes)
        }

        #[inline]
        fn header_bytes(&self) -> &[u8] {
            bytes_of(self)
        }
    }
}

/// What of a received message can have bytes without a meaning, and has to be checked before it is
/// used. What is checked must not change after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// It is read in place as it is.
    Nothing,
    /// Its header, of this many bytes: a copy of that is checked, and elements are read in place.
    Header(usize),
    /// All of it is copied, unless its publishers are trusted.
    Everything,
}

/// Messages of a payload `T` with a header `H`.
pub(crate) struct Message<T: ?Sized, H>(PhantomData<fn(&T) -> H>);

impl<T: Payload + ?Sized, H: Header> Message<T, H> {
    const IS_RIGHT: () = {
        assert!(
            T::IS_SLICE || H::SCHEMA.is_none(),
            "headers go with messages of variable size, `[T]`; put the header's fields into the message"
        );
        assert!(align_of::<T::Part>() <= MAX_ALIGN, "messages are aligned to at most 64 bytes");
        assert!(H::ALIGN <= MAX_ALIGN, "headers are aligned to at most 64 bytes, as messages are");
    };

    /// Where the payload begins, in bytes from the start of the message.
    pub(crate) const PAYLOAD_AT: usize = H::BYTES.next_multiple_of(64);

    const SLICE: Schema = Schema {
        name: Cow::Borrowed(""),
        version: 0,
        size: (Self::PAYLOAD_AT + size_of::<T::Part>()) as u64,
        align: match H::SCHEMA {
            Some(header) if header.align > align_of::<T::Part>() as u64 => header.align,
            _ => align_of::<T::Part>() as u64,
        },
        doc: Cow::Borrowed(""),
        kind: Kind::Slice {
            header: match H::SCHEMA {
                Some(header) => Some(Nested::Static(header)),
                None => None,
            },
            element: Nested::Static(<T::Part as ShmMessage>::SCHEMA),
        },
    };

    const SLICE_SCHEMA: &'static Schema = &Self::SLICE;

    /// Their schema.
    pub(crate) const SCHEMA: &'static Schema = {
        let () = Self::IS_RIGHT;
        if T::IS_SLICE { Self::SLICE_SCHEMA } else { <T::Part as ShmMessage>::SCHEMA }
    };

    pub(crate) const HASH: SchemaHash =
        if T::IS_SLICE { Self::SLICE_SCHEMA.hash() } else { <T::Part as ShmMessage>::HASH };

    /// Whether they are in a pool.
    pub(crate) const IS_POOLED: bool = T::IS_SLICE || size_of::<T::Part>() as u64 > LARGEST_INLINE;

    /// Whether any bytes are a valid payload, whatever its header.
    pub(crate) const ANY_BYTES_OF_PAYLOAD_VALID: bool = <T::Part as ShmMessage>::EVERY_BIT_PATTERN_VALID;

    /// Whether any bytes are a valid message.
    pub(crate) const ANY_BYTES_VALID: bool = Self::ANY_BYTES_OF_PAYLOAD_VALID && H::EVERY_BIT_PATTERN_VALID;

    /// What of a received message has to be checked.
    pub(crate) const CHECKED: Checked = if Self::ANY_BYTES_VALID {
        Checked::Nothing
    } else if Self::ANY_BYTES_OF_PAYLOAD_VALID {
        Checked::Header(H::BYTES)
    } else {
        Checked::Everything
    };

    pub(crate) const ZERO_VALID: bool = <T::Part as ShmMessage>::ZERO_VALID && H::ZERO_VALID;

    /// The size of a message of fixed size.
    pub(crate) const BYTES: usize = size_of::<T::Part>();

    /// Returns the size of a message of `count` elements; `usize::MAX` if it is that or more.
    pub(crate) fn bytes(count: usize) -> usize {
        size_of::<T::Part>().saturating_mul(count).saturating_add(Self::PAYLOAD_AT)
    }

    /// Returns the payload of a message of `bytes` bytes that begins at `start`.
    ///
    /// # Safety
    /// The caller must ensure that the message is at least [`PAYLOAD_AT`](Self::PAYLOAD_AT) bytes
    /// of one allocation or mapping.
    #[inline]
    pub(crate) unsafe fn payload(start: NonNull<u8>, bytes: usize) -> NonNull<T> {
        // SAFETY: as the caller ensures.
        let payload = unsafe { start.add(Self::PAYLOAD_AT) };
        T::see(payload, bytes.saturating_sub(Self::PAYLOAD_AT))
    }

    /// Checks that bytes are a valid message.
    pub(crate) fn validate(bytes: &[u8]) -> Result<(), InvalidValue> {
        Self::validate_header(bytes)?;
        T::validate(&bytes[Self::PAYLOAD_AT..])
    }

    /// Checks that bytes begin with a valid header.
    pub(crate) fn validate_header(bytes: &[u8]) -> Result<(), InvalidValue> {
        H::validate(&bytes[..H::BYTES]).map_err(|error| error.in_field("header"))
    }
}

/// Returns the bytes of a message.
#[inline]
pub(crate) fn bytes_of<T: ShmMessage>(message: &T) -> &[u8] {
    bytes_of_all(slice::from_ref(message))
}

/// Returns the bytes of messages that lie one behind the other.
#[inline]
pub(crate) fn bytes_of_all<T: ShmMessage>(messages: &[T]) -> &[u8] {
    // SAFETY: messages have no padding, so all their bytes are initialised, and no interior
    // mutability, so they do not change while they are borrowed.
    unsafe { slice::from_raw_parts(messages.as_ptr().cast(), size_of_val(messages)) }
}
