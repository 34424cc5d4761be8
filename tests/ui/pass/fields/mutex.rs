//! A lock, which works in this process only.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    count: u32,
}

fn main() {}
