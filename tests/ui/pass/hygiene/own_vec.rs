//! A type of one's own that is called like a well-known one.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Vec<T>(T);

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    list: Vec<u8>,
}

fn main() {}
