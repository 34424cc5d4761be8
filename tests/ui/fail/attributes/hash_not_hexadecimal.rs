//! A hash with a letter that is not a hexadecimal digit.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(hash = "0123456789abcdef0123456789abcdeg")]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
