//! What a union would say, with a field that says which of them it is.

use slotcast::ShmMessage;

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Reading {
    is_share: u32,
    value: [u8; 4],
}

fn main() {}
