//! Three bytes between two fields.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    flag: u8,
    _pad: slotcast::Pad<3>,
    value: u32,
}

fn main() {}
