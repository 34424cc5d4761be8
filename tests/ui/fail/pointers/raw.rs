//! An address of this process.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    data: *const u8,
}

fn main() {}
