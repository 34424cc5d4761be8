//! The crate is given by its path.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(crate = "my slotcast")]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
