//! An enum has nothing to clean up either.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Mode {
    Idle,
}

impl Drop for Mode {
    fn drop(&mut self) {}
}

fn main() {}
