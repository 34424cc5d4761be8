//! A publisher's memory: a sealed memfd with a header that is checked, and a ring.
//!
//! Offsets are in bytes, every field is a little-endian 64-bit word:
//!
//! | offset | field | |
//! | --- | --- | --- |
//! | 0 | magic | `slotrng` and the layout's version |
//! | 8 | size | of the segment, in bytes |
//! | 16 | nonce | random, also in the entry |
//! | 24 | id | of the publisher, 128 bits |
//! | 40 | schema hash | 128 bits |
//! | 56 | payload | size of a message, in bytes |
//! | 64 | cells | of the ring, a power of two |
//! | 72 | depth | messages that stay readable |
//! | 80 | flags | 1: messages carry a time; 8: lossless, if a subscriber asks for it |
//! | 128 | head | the next sequence, on a cache line of its own |
//! | 192 | closed | 1 once the publisher has ended in order |
//! | 200 | beat | changes when the publisher says that it is alive |
//! | 256 | changes | of the grants, counted |
//! | 512 | grants | 112 entries of 32 bytes; see `protocol::grant` |
//! | 4096 | ring | cells, each of whole cache lines |

mod backing;
mod foreign;
pub(crate) mod header;
mod layout;
pub(crate) mod open;
mod owned;
mod pulse;

pub(crate) use backing::Backing;
pub use foreign::SegmentError;
pub(crate) use foreign::{Expected, Foreign};
pub(crate) use owned::{Offers, Owned};
pub(crate) use pulse::{Beat, Pulse};
