//! A unit belongs to a field.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(unit = "ns")]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
