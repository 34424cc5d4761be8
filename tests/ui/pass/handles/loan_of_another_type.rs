//! A loan of one type sent by a publisher of another.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct State {
    code: u64,
}

fn main() {
    let mut publisher = Publisher::<Imu>::new("robot/imu").unwrap();
    let mut states = Publisher::<State>::new("robot/state").unwrap();
    let loan = states.loan().unwrap();
    states.send(loan).unwrap();
    publisher.publish(&Imu { stamp_ns: 1 }).unwrap();
}
