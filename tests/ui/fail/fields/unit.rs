//! A field without bytes.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    nothing: (),
}

fn main() {}
