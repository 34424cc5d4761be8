//! An alignment alone defines no layout.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(align(8))]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
