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
//! | [`Mutex`], [`RwLock`], [`Monitor`] | one process at a time, or one writer, or until something was changed |
//! | [`Semaphore`], [`Barrier`], [`Latch`] | waiting for permits, for all, for zero |
//! | [`Event`], [`Once`] | waiting for a signal, for something that is done once |
//! | [`Atomic`], [`Lazy`] | a value that is read and written whole; one that is computed when it is needed |
//! | [`Map`], [`Set`] | keys with and without values |
//! | [`Channel`] | from senders to receivers, with a buffer or hand to hand |
//! | [`Pool`] | objects that are acquired and given back |
//! | [`Signal`], [`Future`] | a value with a version; a value that is set once |
//!
//! Queues, rings and channels are iterators (`iter`, `try_iter`) and, with the feature `tokio`,
//! streams (`RegionStream`).
//!
//! The bytes are those of ZeroIPC version 2, so its clients in other languages can share regions.
//! The book specifies what this crate adds ("Regions").
//!
//! Any process that has a region open can write anything there. So every value that is read is
//! checked before it is used, and elements are of types of which any bytes are a value
//! ([`Element`]). A process can destroy the data of others, and never their memory safety.

mod array;
mod atomic;
mod barrier;
mod block;
mod builder;
mod bytes;
mod channel;
mod element;
mod error;
mod event;
mod failure;
mod format;
mod future;
mod handle;
mod inner;
mod integer;
mod kind;
mod latch;
mod lazy;
mod map;
mod monitor;
mod mutex;
mod name;
mod new;
mod once;
mod opening;
mod ownership;
mod pool;
mod queue;
mod record;
mod rendezvous;
mod repair;
mod ring_buffer;
mod rw_lock;
mod semaphore;
mod sequence;
mod set;
mod signal;
mod space;
mod stack;
#[cfg(feature = "tokio")]
mod stream;
mod table;
mod waiting;

pub use array::Array;
pub use atomic::Atomic;
pub use barrier::Barrier;
pub use builder::RegionBuilder;
pub use channel::Channel;
pub use element::Element;
pub use error::RegionError;
pub use event::{Event, EventMode};
pub use failure::StructureError;
pub use future::Future;
pub use handle::Region;
pub use integer::Integer;
pub use kind::StructureKind;
pub use latch::Latch;
pub use lazy::Lazy;
pub use map::Map;
pub use monitor::{Monitor, MonitorGuard};
pub use mutex::{Mutex, MutexGuard};
pub use name::{MAX_REGION_NAME, MAX_STRUCTURE_NAME};
pub use once::Once;
pub use pool::{Pool, Pooled};
pub use queue::Queue;
pub use repair::Problem;
pub use ring_buffer::RingBuffer;
pub use rw_lock::{ReadGuard, RwLock, WriteGuard};
pub use semaphore::Semaphore;
pub use set::Set;
pub use signal::Signal;
pub use stack::Stack;
#[cfg(feature = "tokio")]
pub use stream::{RegionStream, StreamSource};
pub use table::Entry;
