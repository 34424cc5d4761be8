//! Variants take no settings.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Mode {
    #[shm(name = "idle")]
    Idle,
}

fn main() {}
