//! A field without bytes.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    something: u8,
}

fn main() {}
