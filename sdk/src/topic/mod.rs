//! How endpoints of one topic meet: bytes, not types.

mod agreement;
mod attached;
mod blocking;
mod error;
mod notified;
mod peers;
mod publication;
mod sources;
mod subscription;

pub use blocking::Wait;
pub use error::{AttachError, AttachReason, CreateError, Mismatch};
pub(crate) use publication::{ALIVE_EVERY, NotPublished, Publication, PublicationSettings};
pub(crate) use sources::{Pace, ReadFailure, Received, Refused, Sources, Wanted};
pub(crate) use subscription::{Subscription, SubscriptionSettings};
