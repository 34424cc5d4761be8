//! What requests and items of responses can be.

use super::header::{RequestHeader, ResponseHeader};
use crate::publisher::{Loan, Publisher};
use crate::record::Payload;
use crate::schema::{Pad, ShmMessage, ZeroValid};
use crate::subscriber::{Sample, Subscriber};
use slotcast_macros::ShmMessage;

/// What a request can be, and an item of a response: any [`ShmMessage`], a slice `[T]` of messages, or
/// such a slice with a header of your own before it, `(H, [T])`.
///
/// A header is a message of a multiple of 8 bytes that is aligned to at most 16. It is `Copy`, and zeros
/// are a value of it.
///
/// Sealed: other crates cannot implement it.
///
/// # Examples
///
/// ```
/// use slotcast::{Client, Server, ShmMessage};
///
/// #[derive(ShmMessage, Clone, Copy)]
/// #[repr(C)]
/// struct Size {
///     width: u32,
///     height: u32,
/// }
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut server = Server::<(Size, [u8]), u64>::builder("brightness").domain(&domain).create()?;
/// let client = Client::<(Size, [u8]), u64>::builder("brightness").domain(&domain).create()?;
/// let pending = client.call_with(&Size { width: 2, height: 1 }, &[100, 200])?;
///
/// let call = server.next()?; // in any other process
/// let pixels = call.request().iter().map(|&pixel| u64::from(pixel));
/// let mean = pixels.sum::<u64>() / u64::from(call.header().width * call.header().height);
/// call.respond(&mean)?;
/// assert_eq!(pending.one()?.as_deref(), Some(&150));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A header of another size does not compile: it lacks a [`Pad`](crate::Pad).
///
/// ```compile_fail,E0080
/// # use slotcast::{Client, ShmMessage};
/// #[derive(ShmMessage, Clone, Copy)]
/// #[repr(C)]
/// struct Rate {
///     hz: f32,
/// }
///
/// let client = Client::<(Rate, [f32]), u64>::new("filter")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a request, or an item of a response",
    label = "neither a message, nor a slice of messages, nor a slice with a header",
    note = "it can be a message `T`, a slice `[T]`, or a slice with a header, `(H, [T])`, where zeros are a value of \
            `H`, which is `Copy`",
    note = "a message is a number, or a struct of your own with `#[derive(ShmMessage)]` and `#[repr(C)]`"
)]
pub trait Body: sealed::Body {}

impl<T: ShmMessage> Body for T {}
impl<T: ShmMessage> Body for [T] {}
impl<H: ShmMessage + ZeroValid + Copy, T: ShmMessage> Body for (H, [T]) {}

/// What the service itself writes before a request or an item.
pub trait Envelope: ShmMessage + ZeroValid + Copy {
    /// What fills it up to a multiple of 64 bytes.
    type Pad: ShmMessage + ZeroValid + Copy;
    /// The same, as a value.
    const PAD: Self::Pad;
}

impl Envelope for RequestHeader {
    type Pad = Pad<16>;
    const PAD: Pad<16> = Pad::ZERO;
}

impl Envelope for ResponseHeader {
    type Pad = Pad<24>;
    const PAD: Pad<24> = Pad::ZERO;
}

/// What stands before the elements of a slice with a header.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub struct Headed<E, P, H> {
    /// What the service writes.
    pub envelope: E,
    /// From the header on it is laid out as a slice with a header that no service carries.
    pub _pad: P,
    /// The header.
    pub header: H,
}

const _: () = {
    assert!(std::mem::offset_of!(Headed<RequestHeader, Pad<16>, u64>, header).is_multiple_of(64));
    assert!(std::mem::offset_of!(Headed<ResponseHeader, Pad<24>, u64>, header).is_multiple_of(64));
};

pub(crate) mod sealed {
    use super::{Envelope, Headed, Payload, ShmMessage, ZeroValid};
    use crate::record::Header;

    /// What has to be known of the type of a request or an item.
    #[doc(hidden)]
    pub trait Body: 'static {
        /// The elements of a slice; otherwise the message itself.
        type Part: ShmMessage;
        /// What it is without its header.
        type Content: Payload<Part = Self::Part> + ?Sized;
        type Header: Header;
        /// What stands before its elements.
        type Before<E: Envelope>: ShmMessage + ZeroValid;

        fn before<E: Envelope>(envelope: E, header: &Self::Header) -> Self::Before<E>;
        fn envelope<E: Envelope>(before: &Self::Before<E>) -> &E;
        fn envelope_mut<E: Envelope>(before: &mut Self::Before<E>) -> &mut E;
        fn header<E: Envelope>(before: &Self::Before<E>) -> &Self::Header;
    }

    macro_rules! without_header {
        ($content:ty) => {
            type Part = T;
            type Content = $content;
            type Header = ();
            type Before<E: Envelope> = E;

            fn before<E: Envelope>(envelope: E, (): &()) -> E {
                envelope
            }

            fn envelope<E: Envelope>(before: &E) -> &E {
                before
            }

            fn envelope_mut<E: Envelope>(before: &mut E) -> &mut E {
                before
            }

            fn header<E: Envelope>(_: &E) -> &() {
                &()
            }
        };
    }

    impl<T: ShmMessage> Body for T {
        without_header!(T);
    }

    impl<T: ShmMessage> Body for [T] {
        without_header!([T]);
    }

    impl<H: ShmMessage + ZeroValid + Copy, T: ShmMessage> Body for (H, [T]) {
        type Part = T;
        type Content = [T];
        type Header = H;
        type Before<E: Envelope> = Headed<E, E::Pad, H>;

        fn before<E: Envelope>(envelope: E, &header: &H) -> Headed<E, E::Pad, H> {
            Headed { envelope, _pad: E::PAD, header }
        }

        fn envelope<E: Envelope>(before: &Headed<E, E::Pad, H>) -> &E {
            &before.envelope
        }

        fn envelope_mut<E: Envelope>(before: &mut Headed<E, E::Pad, H>) -> &mut E {
            &mut before.envelope
        }

        fn header<E: Envelope>(before: &Headed<E, E::Pad, H>) -> &H {
            &before.header
        }
    }
}

/// The elements of a request or an item that is being written, behind what stands before them.
pub(super) type RawLoan<B, E> = Loan<[<B as sealed::Body>::Part], <B as sealed::Body>::Before<E>>;

/// What publishes requests, or items.
pub(super) type BodyPublisher<B, E> = Publisher<[<B as sealed::Body>::Part], <B as sealed::Body>::Before<E>>;

/// What receives requests, or items.
pub(super) type BodySubscriber<B, E> = Subscriber<[<B as sealed::Body>::Part], <B as sealed::Body>::Before<E>>;

/// A request or an item that was received.
pub(super) type BodySample<B, E> = Sample<[<B as sealed::Body>::Part], <B as sealed::Body>::Before<E>>;
