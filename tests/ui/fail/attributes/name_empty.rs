//! A name without characters.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(name = "")]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
