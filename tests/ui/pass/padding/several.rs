//! Several gaps, reported together.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
    value: u32,
    id: u16,
    flag: u8,
    on: bool,
}

fn main() {}
