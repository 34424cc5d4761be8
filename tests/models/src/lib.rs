//! The protocols, compiled from the SDK's own files against loom's atomics. That this compiles
//! shows that they need nothing but atomics and arithmetic. The models are beside the protocols,
//! and `tests/models.sh` runs them.
#![cfg(all(loom, test))]
#![allow(dead_code, reason = "models use only a part of what the SDK does")]

#[path = "../../../sdk/src/protocol/mod.rs"]
mod protocol;
#[path = "../../../sdk/src/sync.rs"]
mod sync;
