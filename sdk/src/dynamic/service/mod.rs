//! Services without a Rust type: for tools and other languages.
//!
//! Both sides speak what `service` speaks, and use its headers, its books of calls and its constants.
//! Only the endpoints differ, and that requests and items are bytes.

mod client;
mod client_core;
mod error;
mod frame;
mod item;
mod pending;
mod server;
mod server_call;
mod server_core;

pub use client::{Client, ClientBuilder};
pub use error::{ClientError, ServerError};
pub use item::Item;
pub use pending::PendingCall;
pub use server::{Server, ServerBuilder};
pub use server_call::ServerCall;
