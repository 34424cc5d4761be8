//! The compiler may choose any integer.

use slotcast::EventId;

#[derive(EventId, Clone, Copy)]
enum Machine {
    Stop,
    Resume,
}

fn main() {}
