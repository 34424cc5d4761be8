//! The layout of the struct is not defined.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
    accel: [f32; 2],
}

fn main() {}
