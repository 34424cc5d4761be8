//! An enum is always checked.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
#[shm(in_place)]
enum Mode {
    Idle,
    Busy,
}

fn main() {}
