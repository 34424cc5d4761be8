//! A generic type has more than one layout.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
#[shm(hash = "00000000000000000000000000000000")]
struct Stamped<T> {
    value: T,
}

fn main() {}
