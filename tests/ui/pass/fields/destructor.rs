//! A message has nothing to clean up.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    fd: i32,
}

struct Owned(Imu);

impl Drop for Owned {
    fn drop(&mut self) {}
}

fn main() {}
