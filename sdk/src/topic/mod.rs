//! How endpoints of one topic meet: bytes, not types.

mod agreement;
mod attached;
mod error;
mod pooled;
mod publication;
mod sources;
mod subscription;

pub use error::{AttachError, AttachReason, CreateError, Mismatch};
pub(crate) use pooled::NotLent;
pub(crate) use publication::{NotPublished, Publication, PublicationSettings};
pub(crate) use sources::{Pace, ReadFailure, Received, Refused, Sources, Wanted};
pub use subscription::Wait;
pub(crate) use subscription::{Subscription, SubscriptionSettings};
