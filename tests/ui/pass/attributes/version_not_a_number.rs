//! A version in quotes.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(version = 2)]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
