//! A function of this process.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    callback: fn(u32) -> u32,
}

fn main() {}
