//! A counted pointer, among threads.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    map: u64,
}

fn main() {}
