//! A map on the heap.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    joints: std::collections::HashMap<u32, f32>,
}

fn main() {}
