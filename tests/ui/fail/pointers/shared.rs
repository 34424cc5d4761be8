//! A counted pointer, among threads.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    map: std::sync::Arc<u64>,
}

fn main() {}
