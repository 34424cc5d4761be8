//! A version of more than 32 bits.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(version = 4294967296)]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
