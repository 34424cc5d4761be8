//! A publisher that two threads use at once.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    let mut publisher = Publisher::<Imu>::new("robot/imu").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| publisher.topic().to_string());
        publisher.topic().to_string()
    });
}
