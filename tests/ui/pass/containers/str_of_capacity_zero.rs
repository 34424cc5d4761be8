//! Text of no bytes.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    name: slotcast::Str<1>,
}

fn main() {}
