//! Variants take no settings.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
#[shm(name = "mode")]
enum Mode {
    Idle,
}

fn main() {}
