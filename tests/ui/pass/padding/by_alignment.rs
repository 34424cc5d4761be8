//! A cache line of its own needs a whole one.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C, align(64))]
struct Counter {
    count: u64,
    _pad: slotcast::Pad<56>,
}

fn main() {}
