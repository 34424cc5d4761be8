//! Without asking for what cannot be.

use slotcast::ShmMessage;

#[derive(ShmMessage, Clone, Copy)]
#[repr(u8)]
enum Mode {
    Idle,
    Busy,
}

fn main() {}
