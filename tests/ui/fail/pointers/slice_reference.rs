//! A reference to a slice.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    ranges: &'static [f32],
}

fn main() {}
