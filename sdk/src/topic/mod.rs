//! How endpoints of one topic meet: bytes, not types.

mod agreement;
mod attached;
mod blocking;
mod claim;
mod delivery;
mod error;
mod failure;
mod grants;
mod notified;
mod pace;
mod peers;
mod pooled;
mod publication;
mod reader_status;
mod room;
mod scan;
mod source_status;
mod sources;
mod subscription;
mod watching;

pub use blocking::Wait;
pub use claim::NotLossless;
pub use delivery::Delivery;
pub use error::{AttachError, AttachReason, CreateError, Mismatch};
pub(crate) use failure::{ReadFailure, Refused};
pub(crate) use pace::Pace;
pub(crate) use pooled::{NotLent, NotShown};
pub(crate) use publication::{ALIVE_EVERY, NotPublished, Publication, PublicationSettings};
pub use reader_status::ReaderStatus;
pub use room::{Behind, CloseError, Laggard, Laggards, Standing};
pub use source_status::SourceStatus;
pub(crate) use sources::{Sources, Wanted};
pub(crate) use subscription::{Subscription, SubscriptionSettings};
