//! A duration has no defined layout.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    timeout: std::time::Duration,
}

fn main() {}
