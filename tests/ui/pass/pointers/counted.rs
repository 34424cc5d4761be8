//! A counted pointer, in one thread.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    map: u64,
}

fn main() {}
