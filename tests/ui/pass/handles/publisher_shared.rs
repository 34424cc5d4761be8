//! A publisher that two threads use at once.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    let mut publisher = Publisher::<Imu>::new("robot/imu").unwrap();
    std::thread::spawn(move || publisher.publish(&Imu { stamp_ns: 1 })).join().unwrap().unwrap();
}
