//! A reference to text.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    name: &'static str,
}

fn main() {}
