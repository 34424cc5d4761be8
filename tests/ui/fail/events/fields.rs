//! An event says only that something happened.

use slotcast::EventId;

#[derive(EventId, Clone, Copy)]
#[repr(u8)]
enum Machine {
    Stop,
    Overheated(f32),
}

fn main() {}
