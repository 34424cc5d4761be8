//! Publishers and subscribers without a Rust type: for tools, bridges, recorders and other languages.
//!
//! A [`Layout`] is a schema that was checked, wherever it came from. With it bytes become a [`Value`] and a value
//! bytes; values are serde's, so that JSON and its like come free. An [`Accessor`] reads one field out of the bytes
//! without anything else.
//!
//! ```no_run
//! use slotcast::dynamic::Subscriber;
//!
//! let mut subscriber = Subscriber::new("robot/imu")?; // what its messages look like, its publisher says
//! while let Some(sample) = subscriber.try_recv()? {
//!     println!("{}: {}", sample.sequence(), sample.value()?);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What becomes of what
//!
//! | in the message | [`Value`] | in JSON |
//! | --- | --- | --- |
//! | integers | `Int`, beyond `i128` `U128` | a number; outside of 64 bits a string of its digits |
//! | `f32`, `f64` | `F32`, `F64` | a number; `"NaN"`, `"inf"`, `"-inf"` |
//! | `bool`, `char` | `Bool`, `Char` | `true` or `false`; a string |
//! | `Str<N>` | `Str` | a string |
//! | `[T; N]`, `FixedVec<T, N>` | `List`, of `u8` `Bytes` | an array |
//! | a struct | `Struct`, in the order of its fields | an object |
//! | an enum | `Enum` | its variant's name |
//!
//! Encoding takes all of these back, also what JSON made of them, wherever no meaning is lost.

mod layout;
mod value;

mod decode;
mod encode;
mod encode_error;
mod serial;

mod accessor;
mod path;

mod open_error;
mod published;
mod publisher;
mod sample;
mod subscriber;

pub use accessor::Accessor;
pub use encode_error::{EncodeError, EncodeErrorKind};
pub use layout::Layout;
pub use open_error::OpenError;
pub use path::PathError;
pub use publisher::{PublishError, Publisher, PublisherBuilder};
pub use sample::Sample;
pub use subscriber::{Subscriber, SubscriberBuilder};
pub use value::Value;
