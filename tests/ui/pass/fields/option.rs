//! A value that may not be there.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    temperature: slotcast::FixedVec<f32, 1>,
}

fn main() {}
