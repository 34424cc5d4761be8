//! The integer is named.

use slotcast::{EventId, ShmMessage};

#[derive(ShmMessage, EventId, Clone, Copy)]
#[repr(u8)]
enum Machine {
    Stop,
    Resume,
}

fn main() {}
