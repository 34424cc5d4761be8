//! Nobody knows which field of a union holds.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
union Value {
    number: f32,
    bits: u32,
}

fn main() {}
