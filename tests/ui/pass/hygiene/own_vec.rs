//! A type of one's own with the name of a well-known one.

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
