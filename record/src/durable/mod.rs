//! Durable topics: a subscriber that comes late gets everything since the log began, and then what is
//! published, without a gap and without a repetition.
//!
//! A [`DurableLog`] keeps the messages of topics in a file. A [`DurableSubscriber`] receives what is
//! published, like any other. Whatever it finds missing it calls from the log, by publisher and
//! sequence: all that came before it, and what it has lost because it was slow. So there is one rule for
//! both, and no moment at which it has to change over.

mod error;
mod log;
mod message;
mod serve;
mod settings;
mod subscriber;
mod topic;
mod wire;

pub use error::DurableError;
pub use message::DurableMessage;
pub use serve::{DurableLog, DurableLogStatus};
pub use settings::DurableLogBuilder;
pub use subscriber::DurableSubscriber;
