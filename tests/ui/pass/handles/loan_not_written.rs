//! A loan that is sent before a message was written to it.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

fn main() {
    let mut publisher = Publisher::<Imu>::new("robot/imu").unwrap();
    let loan = publisher.loan_uninit().unwrap().write(Imu { stamp_ns: 1 });
    publisher.send(loan).unwrap();
}
