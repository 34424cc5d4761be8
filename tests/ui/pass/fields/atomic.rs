//! A value that other threads change.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    count: u64,
}

fn main() {}
