//! A value of a type that only this process knows.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Shape {
    Round,
    Square,
}

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    shape: Shape,
}

fn main() {}
