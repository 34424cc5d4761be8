//! A unit belongs to a field.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
