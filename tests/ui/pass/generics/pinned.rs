//! A generic type has more than one layout.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Stamped<T> {
    value: T,
}

fn main() {}
