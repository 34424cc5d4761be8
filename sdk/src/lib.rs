//! Typed publish/subscribe through shared memory, for the processes of one Linux machine.
//!
//! A message is a plain Rust struct. Its publisher owns the memory, and subscribers map it
//! read-only: the kernel copies nothing, and no daemon runs.
//!
//! ```
//! # let folder = tempfile::tempdir_in("/dev/shm")?;
//! # let domain = slotcast::Domain::at(folder.path().join("domain"));
//! use slotcast::{Publisher, ShmMessage, Subscriber};
//!
//! #[derive(ShmMessage, Clone, Copy, Debug)]
//! #[repr(C)]
//! struct Imu { stamp_ns: u64, accel: [f32; 3], gyro: [f32; 3] }
//!
//! // In one process. Without settings, `Publisher::<Imu>::new("robot/imu")?` does the same.
//! let mut publisher = Publisher::<Imu>::builder("robot/imu")
//!     .depth(16) // messages that stay readable
//! #   .domain(&domain)
//!     .create()?;
//! publisher.publish(&Imu { stamp_ns: 1, accel: [0.0, 0.0, 9.8], gyro: [0.0; 3] })?;
//!
//! // In any other process of the same user, started before or after.
//! let mut subscriber = Subscriber::<Imu>::builder("robot/imu")
//!     .history(1) // start with the newest message that was published before
//! #   .domain(&domain)
//!     .create()?;
//! let imu = subscriber.recv()?; // waits for a message; `try_recv` does not
//! assert_eq!((imu.accel[2], imu.lost_before()), (9.8, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to find what
//!
//! | to | use |
//! | --- | --- |
//! | describe a message | [`ShmMessage`], derived; [`Str`] and [`FixedVec`] for text and lists of bounded length |
//! | name a topic once, with its type | [`topic!`], [`Topic`] |
//! | publish | [`Publisher`]: `publish` copies a message in, `loan` and `send` write it in place |
//! | receive | [`Subscriber`], which returns each message as a [`Sample`] |
//! | lose nothing | `lossless` of both builders; [`LaggardPolicy`], [`Delivery`] |
//! | wait | [`recv`](Subscriber::recv) and [`Wait`]; [`EventFd`] for `epoll`; [`WaitSet`]; `slotcast::tokio` |
//! | end a wait from another thread | [`Closer`], [`Trigger`] |
//! | send large messages | the same types; [`Publisher<[T], H>`](Publisher) for any length; [`Tensor`] for arrays |
//! | send a dma-buf, a memfd or a socket along | [`MessageFd`], [`Publisher::carry`], [`Subscriber::take_fd`] |
//! | tell that something happened, without a message | [`Notifier`], [`Listener`] |
//! | read a message while it is written | [`PartialLoan`], [`PartialSample`] |
//! | see which peers join, leave, die or fall silent | [`Membership`] |
//! | see how far each peer is | [`ReaderStatus`], [`SourceStatus`] |
//! | follow the time of a replay or a simulation | [`Clock`], [`ClockSource`] |
//! | call a server, with a deadline and a streamed response | [`Client`], [`Server`] |
//! | set what only the newest of counts, such as a limit or a mode | [`ValueWriter`], [`ValueReader`] |
//! | let others tune a program while it runs | [`Parameter`], [`ParameterClient`], `slotcast param set` |
//! | show monitoring what a process has counted, and its errors | [`Counters`], [`Counter`] |
//! | write tools, bridges, recorders | [`dynamic`] endpoints without a Rust type; [`Observer`], which nobody notices |
//! | keep programs or tests apart | [`Domain`]; with the feature `testing`, `slotcast::testing` |
//! | find and hand over something else | [`registry`], by itself |
//! | share arrays, queues and locks by name | with the feature `region`, `slotcast::region` |
//!
//! # What it promises
//!
//! - A process writes only memory that it owns; the kernel seals the rest. (A page of hints per topic is shared:
//!   a wrong hint costs time, never data.)
//! - Nothing that another process wrote is used before it was checked, also in release builds.
//! - In steady state publishing and receiving make no system call, take no lock and allocate nothing.
//!   (Each half second an endpoint checks with two `fstat`s whether somebody has removed its topic's
//!   directory.)
//! - Messages of more than 1024 bytes, and of variable size, are written and read in place. Their publisher
//!   does not reuse the memory before every sample that points into it is dropped, or its holder dead.
//! - No publisher waits for a slow, stopped or dead subscriber, and what that one lost is counted exactly.
//!   Where both sides are lossless, nothing is lost, and the publisher waits up to its own timeout.
//! - Two sides connect if the layouts of their messages agree, whatever their crates and modules.
//!
//! # Read on
//!
//! The guide is in `book/` of the repository; `mdbook serve book` shows it in a browser. Begin with
//! `book/src/quick-start.md`. `delivery.md`, `large.md` and `waiting.md` go deeper,
//! `what-can-go-wrong.md` explains every error text, and `ring.md` gives the layout of the shared
//! memory to the byte. `ARCHITECTURE.md` is for those who change the crate.

#![deny(unsafe_code)]
// A `Result` of a handle has `unwrap_err` only if the handle has `Debug`.
#![warn(missing_debug_implementations)]

#[cfg(not(all(target_os = "linux", target_pointer_width = "64", target_endian = "little")))]
compile_error!("slotcast needs Linux on a 64-bit little-endian processor: x86-64 or aarch64");

// The derive emits `::slotcast::…` paths; this lets the crate's own messages use it.
extern crate self as slotcast;

mod clock;
mod counter;
pub mod dynamic;
mod endpoint;
mod error_debug;
mod event;
mod failpoint;
mod membership;
pub mod observer;
mod parameter;
mod protocol;
mod publisher;
mod record;
#[cfg(feature = "region")]
pub mod region;
pub mod registry;
pub mod schema;
pub mod service;
mod shm;
mod subscriber;
mod sync;
mod sys;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tokio")]
pub mod tokio;
mod value;
mod wait;

// Messages and topics.
#[doc(inline)]
pub use registry::{IntoTopic, MAX_TOPIC_NAME, Topic, TopicName, TopicNameError, TopicNameProblem, check_topic_name};
#[doc(inline)]
pub use schema::tensor::{self, Tensor};
#[doc(inline)]
pub use schema::{AnyBytesValid, FixedVec, ListFull, Pad, ShmMessage, Str, StrError, ZeroValid};
#[doc(inline)]
pub use slotcast_macros::ShmMessage;

// Publishing.
#[doc(inline)]
pub use publisher::{
    BeyondEnd, CloseError, LagTimeout, Laggard, LaggardPolicy, Loan, LoanError, LoanUninit, PoolExhausted,
};
#[doc(inline)]
pub use publisher::{PartialLoan, ProcessState, PublishError, Publisher, PublisherBuilder, ReaderStatus, SendError};

// Receiving.
#[doc(inline)]
pub use subscriber::{
    Iter, MessageInfo, PartialSample, RecvError, Sample, SourceStatus, Subscriber, SubscriberBuilder, TryIter, Wait,
};

// Both.
#[doc(inline)]
pub use endpoint::{
    AttachError, AttachReason, CreateError, Delivery, MessageFd, MessageFdError, Mismatch, NotLossless, now_ns,
};
#[doc(inline)]
pub use record::{Header, HeaderOf, Payload};
#[doc(inline)]
pub use registry::{Domain, EndpointId, Placement};
#[doc(inline)]
pub use shm::{ReadProgress, SegmentError};

// Events.
#[doc(inline)]
pub use event::{EventId, ListenError, Listener, ListenerBuilder, Notice, Notifier, NotifierBuilder, NotifyError};
#[doc(inline)]
pub use slotcast_macros::EventId;

// Latest values.
#[doc(inline)]
pub use value::{SetError, Value, ValueReader, ValueReaderBuilder, ValueWriter, ValueWriterBuilder, Version};

// The domain's time.
#[doc(inline)]
pub use clock::{Clock, ClockChange, ClockError, ClockSource, SleepEnd};

// Waiting.
#[doc(inline)]
pub use wait::{Closer, EventFd, Interest, Key, Ready, ReadyKind, Trigger, WaitError, WaitSet, Waitable};

// Calls.
#[doc(inline)]
pub use service::{CallError, Client, PendingCall, ServeError, Server, ServerCall};

// Counters.
#[doc(inline)]
pub use counter::{Counter, CounterError, Counters, CountersBuilder};

// Parameters.
#[doc(inline)]
pub use parameter::{Parameter, ParameterBuilder, ParameterClient, ParameterError};

// Peers, and tools.
#[doc(inline)]
pub use membership::{MemberEvent, Membership, MembershipError, Refusal};
#[doc(inline)]
pub use observer::Observer;

#[doc(hidden)]
pub mod __private {
    pub use crate::event::EventId;
    pub use crate::schema::derive_support::*;
    pub use std::option::Option;

    /// Whether failpoints are compiled into the hot path: nothing should be measured then.
    pub const HAS_TESTING: bool = cfg!(feature = "testing");
}
