//! All types that are not messages are reported at once.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    name: String,
    ranges: Vec<f32>,
    id: u32,
}

fn main() {}
