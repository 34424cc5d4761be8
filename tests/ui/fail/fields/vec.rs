//! A list on the heap.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    ranges: Vec<f32>,
}

fn main() {}
