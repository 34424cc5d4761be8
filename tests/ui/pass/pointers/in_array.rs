//! Pointers in an array.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    all: [u32; 4],
}

fn main() {}
