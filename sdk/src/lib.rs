//! Typed publish/subscribe through shared memory for the processes of one Linux machine.

pub mod schema;

pub use schema::ShmMessage;
pub use slotcast_macros::ShmMessage;
