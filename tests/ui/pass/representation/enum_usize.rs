//! The size of `usize` depends on the machine.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u64)]
enum Mode {
    Idle,
    Driving,
}

fn main() {}
