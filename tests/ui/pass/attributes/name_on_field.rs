//! A name belongs to the type.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp: u64,
}

fn main() {}
