//! Named structures in memory that processes share: arrays, queues, counters, locks.
//!
//! Beside topics, which have one writer each, processes can share memory that all of them write. A
//! [`Region`] is such memory, and has structures that are found by name.
//!
//! | structure | purpose |
//! | --- | --- |
//! | [`Array`] | a fixed number of elements |
//! | [`Queue`] | first in, first out, for any number of processes |
//! | [`Stack`] | last in, first out, for any number of processes |
//! | [`RingBuffer`] | many elements at once from one writer to one reader |
//!
//! The bytes are those of ZeroIPC version 2, so its clients in other languages can share regions.
//! The book specifies what this crate adds ("Regions").
//!
//! Any process that has a region open can write anything there. So every value that is read is
//! checked before it is used, and elements are of types of which any bytes are a value
//! ([`Element`]). A process can destroy the data of others, and never their memory safety.

mod array;
mod block;
mod builder;
mod element;
mod error;
mod failure;
mod format;
mod inner;
mod kind;
mod name;
mod new;
mod opening;
mod queue;
mod record;
mod region;
mod ring_buffer;
mod sequence;
mod space;
mod stack;
mod table;
mod waiting;

pub use array::Array;
pub use builder::RegionBuilder;
pub use element::Element;
pub use error::RegionError;
pub use failure::StructureError;
pub use kind::StructureKind;
pub use name::{MAX_REGION_NAME, MAX_STRUCTURE_NAME};
pub use queue::Queue;
pub use region::Region;
pub use ring_buffer::RingBuffer;
pub use stack::Stack;
pub use table::Entry;
