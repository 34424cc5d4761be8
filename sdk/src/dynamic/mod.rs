//! Publishers and subscribers without a Rust type: for tools, bridges, recorders and other
//! languages.
//!
//! A [`Layout`] is a schema that was checked, wherever it came from. With it, bytes become a
//! [`Value`] and a value becomes bytes. Values support serde, so JSON and the like come for free.
//! An [`Accessor`] reads one field out of the bytes without decoding anything else.
//!
//! ```
//! use slotcast::dynamic::Subscriber;
//!
//! # let domain = slotcast::testing::TempDomain::new();
//! # let mut publisher = slotcast::Publisher::<[f32; 3]>::builder("robot/imu").domain(&domain).create()?;
//! // Its layout is that of the publisher.
//! let mut subscriber = Subscriber::builder("robot/imu").domain(&domain).create()?;
//! # publisher.publish(&[0.0, 0.0, 9.81])?;
//! while let Some(sample) = subscriber.try_recv()? {
//!     println!("{}: {}", sample.sequence(), sample.value()?);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How types are represented
//!
//! | in the message | [`Value`] | in JSON |
//! | --- | --- | --- |
//! | integers | `Int`; `U128` beyond `i128` | a number; a string of its digits if it exceeds 64 bits |
//! | `f32`, `f64` | `F32`, `F64` | a number; `"NaN"`, `"inf"`, `"-inf"`; `"NaN(0x7fc00001)"` for other NaNs |
//! | `bool`, `char` | `Bool`, `Char` | `true` or `false`; a string |
//! | `Str<N>` | `Str` | a string |
//! | `[T; N]`, `FixedVec<T, N>` | `List`; `Bytes` for `u8` | an array |
//! | a struct | `Struct`, in the order of its fields | an object |
//! | a newtype, such as `struct Meters(f64)` | what its field is | the same |
//! | an enum | `Enum` | its variant's name |
//!
//! Encoding accepts all of these, also in the form that JSON gives them, wherever no meaning is
//! lost. A newtype can also be given as a struct with the field `0`.
//!
//! A message of variable size is a `List`, or `Bytes`; with a header it is a `Struct` of `header`
//! and `elements`.

/// Evaluates an expression with the size of a message, as a constant if that is a common one: then
/// the compiler unrolls what copies it.
macro_rules! with_known_size {
    ($size:expr, |$known:ident| $act:expr) => {
        with_known_size!(@ $size, $known, $act, 8 16 24 32 48 64)
    };
    (@ $size:expr, $known:ident, $act:expr, $($common:literal)*) => {
        match $size {
            $($common => {
                let $known = $common;
                $act
            })*
            $known => $act,
        }
    };
}

mod layout;
mod value;

mod decode;
mod encode;
mod encode_error;
mod nan;
mod serial;
mod whole;

mod accessor;
mod path;

mod loan;
mod open_error;
mod partial_loan;
mod partial_sample;
mod published;
mod publisher;
mod sample;
mod service;
mod subscriber;
mod taking;
mod value_reader;
mod value_writer;

pub use accessor::Accessor;
pub use encode_error::{EncodeError, EncodeErrorKind};
pub use layout::Layout;
pub use loan::Loan;
pub use open_error::OpenError;
pub use partial_loan::PartialLoan;
pub use partial_sample::PartialSample;
pub use path::PathError;
pub use publisher::{PublishError, Publisher, PublisherBuilder};
pub use sample::Sample;
pub use service::{
    Client, ClientBuilder, ClientError, Item, PendingCall, Server, ServerBuilder, ServerCall, ServerError,
};
pub use subscriber::{Subscriber, SubscriberBuilder};
pub use value::Value;
pub use value_reader::{CurrentValue, ValueReader, ValueReaderBuilder};
pub use value_writer::{SetError, ValueWriter, ValueWriterBuilder};
