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
    head: Head,
    id: u32,
    _pad: slotcast::Pad<4>,
}

fn main() {}
