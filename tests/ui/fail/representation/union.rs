//! The bytes of a union do not say which field is valid.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
union Value {
    number: f32,
    bits: u32,
}

fn main() {}
