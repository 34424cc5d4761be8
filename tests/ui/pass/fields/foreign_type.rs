//! A type of another crate.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    address: [u8; 4],
}

fn main() {}
