//! Text has no size.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    name: str,
}

fn main() {}
