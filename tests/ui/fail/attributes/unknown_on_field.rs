//! A field setting that does not exist.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    #[shm(units = "ns")]
    stamp_ns: u64,
}

fn main() {}
