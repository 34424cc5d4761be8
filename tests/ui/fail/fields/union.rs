//! A union as a field.

use slotcast::ShmMessage;

#[derive(Clone, Copy)]
#[repr(C)]
union Either {
    count: u32,
    share: f32,
}

#[derive(ShmMessage)]
#[repr(C)]
struct Reading {
    value: Either,
}

fn main() {}
