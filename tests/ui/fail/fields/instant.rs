//! An instant is meaningful in one process only.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    stamp: std::time::Instant,
}

fn main() {}
