//! A loan that is written after it was sent.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    let mut publisher = Publisher::<Imu>::new("robot/imu").unwrap();
    let mut loan = publisher.loan().unwrap();
    loan.stamp_ns = 1;
    publisher.send(loan).unwrap();
}
