//! A value or an error.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    outcome: [u32; 2],
}

fn main() {}
