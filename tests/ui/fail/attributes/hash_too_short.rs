//! A hash with a digit missing.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(hash = "0123456789abcdef0123456789abcde")]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
