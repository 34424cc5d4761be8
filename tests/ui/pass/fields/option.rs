//! A value that may be absent.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    temperature: slotcast::FixedVec<f32, 1>,
}

fn main() {}
