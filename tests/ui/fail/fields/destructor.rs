//! A message has nothing to clean up.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    fd: i32,
}

impl Drop for Imu {
    fn drop(&mut self) {}
}

fn main() {}
