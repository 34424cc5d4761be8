//! 128-bit integers are aligned to 16.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    id: u128,
    stamp_ns: u64,
    _pad: slotcast::Pad<8>,
}

fn main() {}
