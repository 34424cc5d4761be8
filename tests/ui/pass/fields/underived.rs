//! A struct that is not a message yet.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Point {
    x: f32,
    y: f32,
}

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    position: Point,
}

fn main() {}
