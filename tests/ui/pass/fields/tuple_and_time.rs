//! Both mended.

use slotcast::ShmMessage;

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Reading {
    range: [u32; 2],
    at_ns: u64,
}

fn main() {}
