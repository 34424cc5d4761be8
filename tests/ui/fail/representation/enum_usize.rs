//! The size of `usize` depends on the machine.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(usize)]
enum Mode {
    Idle,
    Driving,
}

fn main() {}
