//! A promise that other processes do not know.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    id: std::num::NonZero<u32>,
}

fn main() {}
