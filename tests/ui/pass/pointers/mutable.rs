//! An address to write to.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    data: f32,
}

fn main() {}
