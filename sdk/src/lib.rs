//! Typed publish/subscribe through shared memory for the processes of one Linux machine.

// The derive emits `::slotcast::…` paths; this lets the crate's own messages use it.
extern crate self as slotcast;

pub mod schema;
mod topic_name;

pub use schema::tensor::{self, Tensor};
pub use schema::{FixedVec, ListFull, ShmMessage, Str, StrError};
pub use slotcast_macros::ShmMessage;
pub use topic_name::{
    IntoTopic, MAX_TOPIC_NAME, Topic, TopicName, TopicNameError, check_topic_name,
};

#[doc(hidden)]
pub mod __private {
    pub use crate::schema::derive_support::*;
}
