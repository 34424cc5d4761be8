//! Every mistake is reported at once.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(nmae = "imu", version = "1", colour = 3)]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
