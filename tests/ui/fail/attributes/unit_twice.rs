//! The same unit twice.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    #[shm(unit = "m", unit = "mm")]
    range: f32,
}

fn main() {}
