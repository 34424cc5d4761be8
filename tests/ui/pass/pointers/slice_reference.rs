//! A reference to a slice.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    ranges: slotcast::FixedVec<f32, 16>,
}

fn main() {}
