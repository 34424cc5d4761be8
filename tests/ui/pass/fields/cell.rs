//! A value that changes behind a reference.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    count: u32,
}

fn main() {}
