//! The same setting in two attributes.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(name = "a")]
#[shm(name = "b")]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
