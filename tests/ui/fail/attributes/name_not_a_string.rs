//! A name without quotes.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(name = imu)]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
