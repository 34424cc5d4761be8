//! A value that may not be there.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    temperature: Option<f32>,
}

fn main() {}
