//! A marker in a struct that is not generic.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Id {
    number: u64,
    of: std::marker::PhantomData<u8>,
}

fn main() {}
