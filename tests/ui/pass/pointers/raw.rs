//! An address of this process.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    index: u32,
}

fn main() {}
