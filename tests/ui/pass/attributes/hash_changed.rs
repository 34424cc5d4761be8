//! The layout is not the one that was pinned.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(hash = "838cfc82c11d353161ac27aea1b96249")]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
