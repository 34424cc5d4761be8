//! The size of the enum is not defined.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
enum Mode {
    Idle,
    Driving,
}

fn main() {}
