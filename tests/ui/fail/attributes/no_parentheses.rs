//! Settings are in parentheses.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm = "robot.Imu"]
struct Imu {
    stamp_ns: u64,
}

fn main() {}
