//! An array without elements.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    one: [u32; 1],
}

fn main() {}
