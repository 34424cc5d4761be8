//! The protocols: atomics and arithmetic. No system call, no descriptor, no allocation.
//!
//! Each module begins with its states and what changes them. The races follow, as numbered cases.
//! Every ordering carries a `SYNC POINT` with a name and the name of the one that it pairs with.
//! The models beside a protocol fail when one of these orderings is weakened; `tests/weakened.sh`
//! shows that for each.

pub(crate) mod counters;
pub(crate) mod cursor;
pub(crate) mod doorbell;
pub(crate) mod event;
pub(crate) mod grant;
pub(crate) mod lease;
pub(crate) mod partial;
pub(crate) mod pin;
#[cfg(feature = "region")]
pub(crate) mod region;
pub(crate) mod ring;

#[cfg(all(test, loom))]
mod modelling;
