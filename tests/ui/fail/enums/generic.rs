//! An enum without fields cannot use a parameter.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Mode<const N: usize> {
    Idle,
}

fn main() {}
