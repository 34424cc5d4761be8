//! A signed size that depends on the machine.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    offset: i64,
}

fn main() {}
