//! A function of this process.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Callback {
    Start,
    Stop,
}

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    callback: Callback,
}

fn main() {}
