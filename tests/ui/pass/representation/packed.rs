//! Packing avoids padding, at a price.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
    on: u8,
    _pad: slotcast::Pad<7>,
}

fn main() {}
