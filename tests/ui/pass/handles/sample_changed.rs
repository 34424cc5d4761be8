//! A message that its receiver changes.

use slotcast::{ShmMessage, Subscriber};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    let mut subscriber = Subscriber::<Imu>::new("robot/imu").unwrap();
    if let Some(sample) = subscriber.try_recv().unwrap() {
        let mut imu = sample.copied();
        imu.stamp_ns = 1;
        assert_eq!(imu.stamp_ns, 1);
    }
}
