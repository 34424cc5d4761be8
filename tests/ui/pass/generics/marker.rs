//! A marker changes the meaning and not the bytes.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct RobotId {
    number: u64,
}

fn main() {}
