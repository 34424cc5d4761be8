//! A lock of this process.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    count: u32,
}

fn main() {}
