//! A value that changes behind a reference.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    count: std::cell::Cell<u32>,
}

fn main() {}
