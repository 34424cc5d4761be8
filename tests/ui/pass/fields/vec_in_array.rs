//! Lists on the heap, in an array.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    rows: [slotcast::FixedVec<f32, 4>; 2],
}

fn main() {}
