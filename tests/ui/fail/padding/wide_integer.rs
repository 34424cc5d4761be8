//! 128-bit integers are aligned to 16.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
    id: u128,
}

fn main() {}
