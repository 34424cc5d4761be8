//! A publisher of a type that is not a message.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
}

struct Plain {
    code: u64,
}

fn main() {
    Publisher::<Plain>::new("robot/plain").unwrap();
}
