//! A list on the heap.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    ranges: slotcast::FixedVec<f32, 16>,
}

fn main() {}
