//! A list of no elements.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    items: slotcast::FixedVec<u8, 0>,
}

fn main() {}
