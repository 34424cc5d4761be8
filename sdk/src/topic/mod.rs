//! How endpoints of one topic meet: bytes, not types.

mod agreement;
mod attached;
mod blocking;
mod claim;
mod error;
mod failure;
mod grants;
mod notified;
mod pace;
mod peers;
mod pooled;
mod publication;
mod room;
mod scan;
mod sources;
mod subscription;
mod watching;

pub use blocking::Wait;
pub use claim::NotLossless;
pub use error::{AttachError, AttachReason, CreateError, Mismatch};
pub(crate) use failure::{ReadFailure, Refused};
pub(crate) use pace::Pace;
pub(crate) use pooled::{NotLent, NotShown};
pub(crate) use publication::{ALIVE_EVERY, NotPublished, Publication, PublicationSettings};
pub use room::{Behind, CloseError, Laggard, Laggards, Standing};
pub(crate) use sources::{Sources, Wanted};
pub(crate) use subscription::{Subscription, SubscriptionSettings};
