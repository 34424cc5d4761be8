//! What is to be said about the event is in a message.

use slotcast::{EventId, ShmMessage};

#[derive(ShmMessage, EventId, Clone, Copy)]
#[repr(u8)]
enum Machine {
    Stop,
    Overheated,
}

#[derive(ShmMessage)]
#[repr(C)]
struct Overheated {
    celsius: f32,
}

fn main() {}
