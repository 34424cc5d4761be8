//! Messages in this process's own memory, used again and again, and what stands for messages in shared memory.
//!
//! A [`Held`] is one pointer to a *record*, whatever the message: samples and loans have one size, are not copied when
//! they move, and see the message through the record, with what is known of it beside its contents. There are three kinds of
//! records: of memory of this process, into which small messages are received and loans of them written; of slots of this
//! process's pool, in which large messages are written; and of pins, by which large messages are read where another process
//! has written them.

mod held;
mod own;
mod payload;
mod pinned;
mod received;
mod slot;

pub(crate) use held::{Alive, Held, OWNER_GONE};
pub(crate) use own::Buffers;
pub use payload::{Header, Payload};
pub(crate) use payload::{Message, bytes_of, bytes_of_all};
pub(crate) use pinned::PinRecord;
pub(crate) use received::Received;
pub(crate) use slot::SlotRecord;
