//! What other processes see of this one: a publisher's segment, and a subscriber's control page.
//!
//! A publisher's segment is a sealed memfd with a header that readers check, a ring, and for large
//! messages a pool.
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
//! | 56 | payload | size of what a cell contains, in bytes: a message, or a descriptor of one in the pool |
//! | 64 | cells | of the ring, a power of two |
//! | 72 | depth | messages that stay readable |
//! | 80 | flags | 1: messages carry a time; 2: they are in the pool; 4: and of variable size; 8: lossless on request |
//! | 88 | pool | where it begins; 0 without one |
//! | 96 | pool size | in bytes |
//! | 128 | head | the next sequence, on a cache line of its own |
//! | 192 | closed | 1 once the publisher has left in order |
//! | 200 | beat | changes when the publisher asserts that it is alive |
//! | 256 | changes | counts changes of the grants |
//! | 320 | partial | the line of the message that is published partially; see `protocol::partial` |
//! | 512 | grants | 112 entries of 32 bytes; see `protocol::grant` |
//! | 4096 | ring | cells, each of whole cache lines |
//! | pool | pool | slots, from the next page on |

mod backing;
mod content;
mod control;
mod counters;
mod descriptor;
mod error;
mod events;
mod header;
mod heartbeat;
mod layout;
mod open;
mod segment;
mod segment_view;

pub(crate) use content::{Content, LARGEST_INLINE, MAX_POOL, SLOT_UNIT};
pub use control::ReadProgress;
pub(crate) use control::{ControlPage, ControlView, Line, MAX_LINES, MAX_PINS};
pub(crate) use counters::{CounterSegment, CounterView};
pub(crate) use descriptor::{Descriptor, Extent};
pub use error::SegmentError;
pub(crate) use events::{EventSegment, EventView};
pub(crate) use heartbeat::{Heartbeat, HeartbeatReading};
pub(crate) use segment::{Segment, SegmentSpec};
pub(crate) use segment_view::{Expected, SegmentView};
