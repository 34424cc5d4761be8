//! Typed publish/subscribe through shared memory for the processes of one Linux machine.

#![deny(unsafe_code)]

#[cfg(not(all(target_os = "linux", target_pointer_width = "64", target_endian = "little")))]
compile_error!("slotcast needs Linux on a 64-bit little-endian processor: x86-64 or aarch64");

// The derive emits `::slotcast::…` paths; this lets the crate's own messages use it.
extern crate self as slotcast;

mod buffers;
mod control;
pub mod dynamic;
mod handle;
mod loan;
mod membership;
pub mod observer;
mod partial;
mod payload;
mod points;
mod pool;
mod protocol;
mod publisher;
pub mod registry;
mod sample;
pub mod schema;
mod segment;
mod shown;
mod subscriber;
mod sync;
mod sys;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tokio")]
pub mod tokio;
mod topic;
mod topic_name;
mod wait;

pub use control::Progress;
pub use loan::{Loan, LoanUninit};
pub use membership::{MemberEvent, Membership, MembershipError, Refusal};
pub use observer::Observer;
pub use partial::Partial;
pub use payload::{Header, Payload};
pub use pool::Exhausted;
pub use publisher::{LoanError, PublishError, Publisher, PublisherBuilder, SendError};
pub use registry::{Domain, EndpointId, Placement};
pub use sample::Sample;
pub use schema::tensor::{self, Tensor};
pub use schema::{FixedVec, ListFull, ShmMessage, Str, StrError};
pub use segment::SegmentError;
pub use shown::{BeyondEnd, ShowError, Shown};
pub use slotcast_macros::ShmMessage;
pub use subscriber::{Iter, RecvError, Subscriber, SubscriberBuilder, TryIter};
pub use topic::{AttachError, AttachReason, Behind, CloseError, CreateError, Delivery, Laggard, Laggards, Mismatch};
pub use topic::{NotLossless, ReaderStatus, SourceStatus, Standing, Wait};
pub use topic_name::{IntoTopic, MAX_TOPIC_NAME, Topic, TopicName, TopicNameError, TopicNameProblem, check_topic_name};
pub use wait::{Closer, EventFd, Interest, Key, Ready, Trigger, WaitError, WaitSet, What};

#[doc(hidden)]
pub mod __private {
    pub use crate::schema::derive_support::*;

    /// Whether the points for tests are in the hot path: nothing should be measured then.
    pub const HAS_TESTING: bool = cfg!(feature = "testing");
}
