//! Typed publish/subscribe through shared memory for the processes of one Linux machine.

// The derive emits `::slotcast::…` paths; this lets the crate's own messages use it.
extern crate self as slotcast;

pub mod schema;

pub use schema::ShmMessage;
pub use slotcast_macros::ShmMessage;

#[doc(hidden)]
pub mod __private {
    pub use crate::schema::derive_support::*;
}
