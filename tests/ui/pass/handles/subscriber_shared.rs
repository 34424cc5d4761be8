//! A subscriber that two threads use at once.

use slotcast::{ShmMessage, Subscriber};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    let mut subscriber = Subscriber::<Imu>::new("robot/imu").unwrap();
    std::thread::spawn(move || subscriber.try_recv().is_ok());
}
