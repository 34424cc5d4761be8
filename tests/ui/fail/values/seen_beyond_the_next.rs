//! A value that is seen beyond the next one.

use slotcast::{ShmMessage, ValueReader};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Limits {
    speed: f64,
}

fn main() {
    let mut reader = ValueReader::<Limits>::new("robot/limits").unwrap();
    let before = reader.get().unwrap().unwrap();
    let now = reader.get().unwrap().unwrap();
    assert!(now.speed > before.speed);
}
