//! Messages that are taken while an iterator over them is alive.

use slotcast::{ShmMessage, Subscriber};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    let mut subscriber = Subscriber::<Imu>::new("robot/imu").unwrap();
    while let Some(sample) = subscriber.try_recv().unwrap() {
        let next = subscriber.try_recv();
        drop((sample, next));
    }
}
