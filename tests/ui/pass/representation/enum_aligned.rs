//! An alignment makes an enum larger than its value.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u32)]
enum Mode {
    Idle,
    Driving,
}

fn main() {}
