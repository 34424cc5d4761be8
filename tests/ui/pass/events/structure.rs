//! An enum names the ids.

use slotcast::{EventId, ShmMessage};

#[derive(ShmMessage, EventId, Clone, Copy)]
#[repr(u8)]
enum Stop {
    AtFloor = 1,
}

fn main() {}
