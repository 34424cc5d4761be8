//! The layout is not the one that was pinned.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(hash = "00000000000000000000000000000000")]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
