//! A duration has no defined layout.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    timeout_ns: u64,
}

fn main() {}
