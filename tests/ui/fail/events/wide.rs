//! Ids of events are one byte.

use slotcast::{EventId, ShmMessage};

#[derive(ShmMessage, EventId, Clone, Copy)]
#[repr(u16)]
enum Machine {
    Stop = 1,
    Resume = 1000,
}

fn main() {}
