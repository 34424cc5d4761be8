//! A reference to one value.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    pose: &'static f64,
}

fn main() {}
