//! A loan that is sent twice.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    let mut publisher = Publisher::<Imu>::new("robot/imu").unwrap();
    let loan = publisher.loan().unwrap();
    publisher.send(loan).unwrap();
    publisher.send(loan).unwrap();
}
