//! A setting that does not exist.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(nmae = "robot.Imu")]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
