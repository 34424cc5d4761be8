//! A size that depends on the machine.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    count: usize,
}

fn main() {}
