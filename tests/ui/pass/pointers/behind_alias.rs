//! A pointer that does not look like one.

use slotcast::ShmMessage;

type Handle = u64;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    handle: Handle,
}

fn main() {}
