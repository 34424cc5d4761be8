//! The C compiler chooses the size of an enum.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
enum Mode {
    Idle,
    Driving,
}

fn main() {}
