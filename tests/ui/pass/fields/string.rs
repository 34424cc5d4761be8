//! Text on the heap.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    name: slotcast::Str<32>,
}

fn main() {}
