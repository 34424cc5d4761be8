//! A struct is not one of a few ids.

use slotcast::{EventId, ShmMessage};

#[derive(ShmMessage, EventId, Clone, Copy)]
#[repr(C)]
struct Stop {
    floor: u8,
}

fn main() {}
