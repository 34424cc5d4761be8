//! An enum of one byte before a number of four.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Mode {
    Idle,
}

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    value: f32,
    mode: Mode,
    _pad: slotcast::Pad<3>,
}

fn main() {}
