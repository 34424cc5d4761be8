//! A value that may be absent.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    temperature: Option<f32>,
}

fn main() {}
