//! Nothing says how large the enum is.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
enum Mode {
    Idle,
    Driving,
}

fn main() {}
