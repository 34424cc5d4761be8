//! Ids of one byte.

use slotcast::{EventId, ShmMessage};

#[derive(ShmMessage, EventId, Clone, Copy)]
#[repr(u8)]
enum Machine {
    Stop = 1,
    Resume = 100,
}

fn main() {}
