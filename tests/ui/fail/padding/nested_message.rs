//! The message inside is aligned to 8.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Head {
    stamp_ns: u64,
    id: u64,
}

#[derive(ShmMessage)]
#[repr(C)]
struct Scan {
    id: u32,
    head: Head,
}

fn main() {}
