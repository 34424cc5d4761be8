//! Packing avoids padding, at a price.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C, packed)]
struct Imu {
    on: u8,
    stamp_ns: u64,
}

fn main() {}
