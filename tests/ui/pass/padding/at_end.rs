//! Seven bytes after the last field.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
    flag: u8,
    _pad: slotcast::Pad<7>,
}

fn main() {}
