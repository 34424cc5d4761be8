//! A value that its reader changes.

use slotcast::{ShmMessage, ValueReader};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Limits {
    speed: f64,
}

fn main() {
    let mut reader = ValueReader::<Limits>::new("robot/limits").unwrap();
    if let Some(limits) = reader.get().unwrap() {
        limits.speed = 2.0;
    }
}
