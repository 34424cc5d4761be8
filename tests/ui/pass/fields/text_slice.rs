//! Text has no size.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    name: slotcast::Str<16>,
}

fn main() {}
