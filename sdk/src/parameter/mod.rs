//! Parameters: latest values whose owner accepts new ones from others.
//!
//! A parameter is a [value](crate::ValueWriter) and a [service](crate::Server) of the same name. The
//! owner is the value's only writer, and the service's only server. A request is the value that
//! somebody wants; its response is the number of the version that it became.

mod builder;
mod client;
mod create;
mod error;
mod owner;

pub use builder::ParameterBuilder;
pub use client::ParameterClient;
#[cfg(feature = "tokio")]
pub(crate) use client::number;
pub use error::ParameterError;
pub use owner::Parameter;

/// The code with which an owner refuses a value.
const REFUSED: u32 = 1;

/// What an owner asks before it takes a value: the error is why it does not.
type Validate<T> = Box<dyn FnMut(&T) -> Result<(), String> + Send>;
/// What an owner does with a value that it takes.
type Apply<T> = Box<dyn FnMut(&T) + Send>;
