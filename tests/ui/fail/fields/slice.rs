//! A slice has no size.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    ranges: [f32],
}

fn main() {}
