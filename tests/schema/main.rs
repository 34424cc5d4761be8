//! What `#[derive(ShmMessage)]` makes of a type, and what a schema says.

#![allow(unreachable_pub, reason = "a test program exports nothing")]

mod by_hand;
mod derive;
mod difference;
mod foreign;
mod golden;
mod messages;
mod padding;
mod random;
