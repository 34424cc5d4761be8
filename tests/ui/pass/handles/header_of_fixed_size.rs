//! A header of a message of fixed size.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    Publisher::<[Imu], u32>::new("robot/imu").unwrap();
}
