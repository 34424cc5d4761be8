//! A marker changes the meaning but not the bytes.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct RobotId {
    number: u64,
}

fn main() {}
