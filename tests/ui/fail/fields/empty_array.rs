//! An array without elements.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    none: [u32; 0],
}

fn main() {}
