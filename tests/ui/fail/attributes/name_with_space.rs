//! A name with a character that is not allowed.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(name = "my imu")]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
