//! A unit without characters.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    #[shm(unit = "")]
    ratio: f32,
}

fn main() {}
