//! An enum has nothing to clean up either.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Mode {
    Idle,
}

fn main() {}
