//! A message passed by value where a reference is enough.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    let mut publisher = Publisher::<Imu>::new("robot/imu").unwrap();
    publisher.publish(Imu { stamp_ns: 1 }).unwrap();
}
