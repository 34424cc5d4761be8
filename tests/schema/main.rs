//! What `#[derive(ShmMessage)]` generates for a type, and what schemas contain.

#![allow(unreachable_pub, reason = "a test program exports nothing")]

mod by_hand;
mod canonical;
mod derive;
mod difference;
mod foreign;
mod golden;
mod messages;
mod padding;
mod random;
