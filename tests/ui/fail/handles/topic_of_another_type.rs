//! A topic of one type with a publisher of another.

use slotcast::{Publisher, ShmMessage, Topic, topic};

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

const STATE: Topic<State> = topic!("robot/state");

fn main() {
    Publisher::<Imu>::new(STATE).unwrap();
}
