//! A subscriber that two threads use at once.

use slotcast::{ShmMessage, Subscriber};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    let subscriber = std::sync::Arc::new(Subscriber::<Imu>::new("robot/imu").unwrap());
    let other = subscriber.clone();
    std::thread::spawn(move || other.lost());
}
