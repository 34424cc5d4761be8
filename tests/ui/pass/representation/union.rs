//! The bytes of a union do not say which field is valid.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Value {
    bits: u32,
}

impl Value {
    fn number(&self) -> f32 {
        f32::from_bits(self.bits)
    }
}

fn main() {}
