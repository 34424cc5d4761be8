//! Whether there is padding depends on the parameter.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Stamped<T> {
    value: T,
    stamp_ns: u64,
}

const _: () = Stamped::<u8>::LAYOUT_CHECKED;

fn main() {}
