//! A lock of this process.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    count: std::sync::Mutex<u32>,
}

fn main() {}
