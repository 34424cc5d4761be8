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
    mode: Mode,
    value: f32,
}

fn main() {}
