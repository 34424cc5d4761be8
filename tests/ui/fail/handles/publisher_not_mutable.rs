//! A publisher that is not mutable.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    let publisher = Publisher::<Imu>::new("robot/imu").unwrap();
    publisher.publish(&Imu { stamp_ns: 1 }).unwrap();
}
