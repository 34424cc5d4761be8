//! Every mistake is reported at once.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(name = "imu", version = 1)]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
