//! A value of a type that only this process knows.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    shape: Box<dyn std::fmt::Debug + Send + Sync>,
}

fn main() {}
