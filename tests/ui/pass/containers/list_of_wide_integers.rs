//! Elements with a larger alignment than the length.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    items: slotcast::FixedVec<[u64; 2], 2>,
}

fn main() {}
