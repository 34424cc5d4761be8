//! A lock, which works in this process only.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    count: std::sync::Mutex<u32>,
}

fn main() {}
