//! Integers in the place of what has to be checked.

use slotcast::ShmMessage;

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
#[shm(in_place)]
struct Header {
    width: u16,
    mode: u8,
    is_last: u8,
}

fn main() {}
