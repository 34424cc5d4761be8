//! Lists on the heap, in an array.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    rows: [Vec<f32>; 2],
}

fn main() {}
