//! A value or an error.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    outcome: Result<u32, u32>,
}

fn main() {}
