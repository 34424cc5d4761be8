//! A unit without characters.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    ratio: f32,
}

fn main() {}
