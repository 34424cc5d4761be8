//! Pointers in an array.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    all: [*const u8; 4],
}

fn main() {}
