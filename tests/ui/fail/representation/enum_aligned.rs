//! An alignment makes an enum larger than its value.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8, align(4))]
enum Mode {
    Idle,
    Driving,
}

fn main() {}
