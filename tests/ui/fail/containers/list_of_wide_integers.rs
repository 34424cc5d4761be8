//! Elements with more alignment than the length has.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    items: slotcast::FixedVec<u128, 2>,
}

fn main() {}
