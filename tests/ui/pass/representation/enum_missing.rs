//! The size of the enum is not defined.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Mode {
    Idle,
    Driving,
}

fn main() {}
