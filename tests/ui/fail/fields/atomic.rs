//! A value that other threads change.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    count: std::sync::atomic::AtomicU64,
}

fn main() {}
