//! An instant means something in one process.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
