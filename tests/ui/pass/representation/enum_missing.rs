//! Nothing says how large the enum is.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Mode {
    Idle,
    Driving,
}

fn main() {}
