//! What this process holds of messages: those in its own memory, used again and again, and what
//! stands for those in shared memory.
//!
//! A [`RawLoan`] (to be written) and a [`RawSample`] (received) are one pointer to a *record*,
//! whatever the message. So samples and loans have one size, are not copied when they move, and see
//! the message through the record, with what is known of it beside its contents. There are three
//! kinds of records:
//!
//! - of memory of this process, for small messages that are received and for loans of them
//!   ([`Buffers`]);
//! - of slots of this process's pool, in which large messages are written ([`SlotRecord`]);
//! - of pins, by which large messages are read where another process has written them
//!   ([`PinRecord`]).

mod holder;
mod lines;
mod orphans;
mod own;
mod parts;
mod payload;
mod pinned;
mod raw_loan;
mod raw_sample;
mod received;
mod slot;

pub(crate) use own::Buffers;
pub(crate) use parts::{Alive, OWNER_GONE};
pub(crate) use payload::sealed::Payload as Body;
pub(crate) use payload::{Checked, Message, bytes_of, bytes_of_all};
pub use payload::{Header, HeaderOf, Payload};
pub(crate) use pinned::PinRecord;
pub(crate) use raw_loan::{Lent, RawLoan};
pub(crate) use raw_sample::{NewSample, RawSample};
pub(crate) use received::Received;
pub(crate) use slot::SlotRecord;
