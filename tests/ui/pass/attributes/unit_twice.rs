//! The same unit twice.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    #[shm(unit = "mm")]
    range: f32,
}

fn main() {}
