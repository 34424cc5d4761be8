//! Several gaps, reported together.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    flag: u8,
    value: u32,
    stamp_ns: u64,
    on: bool,
    id: u16,
}

fn main() {}
