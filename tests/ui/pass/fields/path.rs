//! A path on the heap.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    file: slotcast::Str<200>,
}

fn main() {}
