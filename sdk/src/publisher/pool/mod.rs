//! Large messages in place: a publisher's slots, and the pins by which subscribers read them.
//!
//! The ring of such a publisher carries [`Descriptor`]s, which say where in its pool a message is. The publisher's
//! [`Pool`] knows which slots are free, lent, in the ring, or *retired*: overwritten in the ring, and perhaps still held by
//! a pin. Nothing of that is in shared memory. When no slot is free it looks once at all pins of its [`Readers`], and
//! every retired slot that none of them names is free again; what it keeps in reserve makes that seldom.
//!
//! A subscriber has [`Pins`], and a [`Board`] that lives as long as any of them holds something. Why nothing is written
//! that is read is said in the protocol, `protocol/pin.rs`.

mod classes;
mod exhausted;
mod partial;
mod readers;
mod slots;
mod space;

pub use exhausted::PoolExhausted;
pub(crate) use partial::PartialWriter;
pub(crate) use readers::{Reader, Readers};
pub(crate) use slots::{NoSlot, Pool};
