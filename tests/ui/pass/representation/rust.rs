//! The compiler may order the fields as it likes.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
