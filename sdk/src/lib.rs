//! Typed publish/subscribe through shared memory for the processes of one Linux machine.

#![deny(unsafe_code)]

#[cfg(not(all(target_os = "linux", target_pointer_width = "64", target_endian = "little")))]
compile_error!("slotcast needs Linux on a 64-bit little-endian processor: x86-64 or aarch64");

// The derive emits `::slotcast::…` paths; this lets the crate's own messages use it.
extern crate self as slotcast;

pub mod dynamic;
mod endpoint;
mod failpoint;
mod membership;
pub mod observer;
mod protocol;
mod publisher;
mod record;
pub mod registry;
pub mod schema;
mod shm;
mod subscriber;
mod sync;
mod sys;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tokio")]
pub mod tokio;
mod wait;

pub use endpoint::{AttachError, AttachReason, CreateError, Delivery, Mismatch, NotLossless};
pub use membership::{MemberEvent, Membership, MembershipError, Refusal};
pub use observer::Observer;
pub use publisher::{
    BeyondEnd, CloseError, LagTimeout, Laggard, LaggardPolicy, Loan, LoanError, LoanUninit, PoolExhausted,
};
pub use publisher::{
    PartialLoan, PartialLoanError, ProcessState, PublishError, Publisher, PublisherBuilder, ReaderStatus, SendError,
};
pub use record::{Header, Payload};
pub use registry::{Domain, EndpointId, Placement};
pub use registry::{IntoTopic, MAX_TOPIC_NAME, Topic, TopicName, TopicNameError, TopicNameProblem, check_topic_name};
pub use schema::tensor::{self, Tensor};
pub use schema::{FixedVec, ListFull, Pad, ShmMessage, Str, StrError};
pub use shm::{ReadProgress, SegmentError};
pub use slotcast_macros::ShmMessage;
pub use subscriber::{
    Iter, PartialSample, RecvError, Sample, SourceStatus, Subscriber, SubscriberBuilder, TryIter, Wait,
};
pub use wait::{Closer, EventFd, Interest, Key, Ready, ReadyKind, Trigger, WaitError, WaitSet};

#[doc(hidden)]
pub mod __private {
    pub use crate::schema::derive_support::*;

    /// Whether the points for tests are in the hot path: nothing should be measured then.
    pub const HAS_TESTING: bool = cfg!(feature = "testing");
}
