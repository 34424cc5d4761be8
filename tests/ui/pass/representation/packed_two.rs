//! Packing to two bytes is packing.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
    on: u16,
    _pad: slotcast::Pad<6>,
}

fn main() {}
