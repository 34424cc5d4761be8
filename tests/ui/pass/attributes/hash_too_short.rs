//! A hash with a digit missing.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
