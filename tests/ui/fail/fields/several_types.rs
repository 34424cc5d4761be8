//! Every type that is no message is reported at once.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    name: String,
    ranges: Vec<f32>,
    id: u32,
}

fn main() {}
