//! A value on the heap.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    pose: Box<f64>,
}

fn main() {}
