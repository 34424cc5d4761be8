//! A map on the heap.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    joints: [f32; 6],
}

fn main() {}
