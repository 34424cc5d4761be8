//! Packing to two bytes is packing.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C, packed(2))]
struct Imu {
    on: u16,
    stamp_ns: u64,
}

fn main() {}
