//! A name belongs to the type.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    #[shm(name = "stamp")]
    stamp_ns: u64,
}

fn main() {}
