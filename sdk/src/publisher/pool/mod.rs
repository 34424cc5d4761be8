//! Large messages in place: a publisher's slots.
//!
//! The ring of such a publisher carries a [`Descriptor`](crate::shm::Descriptor) for each message:
//! where in the pool it is. The publisher's [`Pool`] knows which slots are free, lent, in the ring,
//! or *retired*: overwritten in the ring, and perhaps still held by a pin. Nothing of that is in
//! shared memory. When no slot is free, the pool scans all pins of its [`Readers`] once, and every
//! retired slot that no pin names is free again. What it keeps in reserve makes that seldom.
//!
//! Slots are retired when their cell is overwritten. Those of large messages are retired before
//! that, once every subscriber has read them: the message is *withdrawn* from the ring. So few
//! slots are in use while subscribers keep up, and these stay in the caches. When memory is short,
//! messages are withdrawn that were not read, oldest first.
//!
//! A slot can also be *kept*, so that its message can be published again. Then it is retired only once
//! that has ended.
//!
//! Why nothing is written that is being read is shown in the protocol, `protocol/pin`.

mod carried;
mod classes;
mod exhausted;
mod history;
mod keeping;
mod partial;
mod readers;
mod reclaim;
mod refusal;
mod retiring;
mod shortage;
mod size;
mod slots;
mod space;

pub use exhausted::PoolExhausted;
pub(crate) use history::History;
pub(crate) use partial::PartialWriter;
pub(crate) use readers::{Reader, Readers};
pub(crate) use refusal::{Refusal, Shortage};
pub(crate) use size::PoolSize;
pub(crate) use slots::Pool;
