//! A tuple has no defined layout.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    range: [f32; 2],
}

fn main() {}
