//! Whether there is padding depends on the length.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Blob<const N: usize> {
    stamp_ns: u64,
    bytes: [u8; N],
}

const _: () = Blob::<12>::LAYOUT_CHECKED;

fn main() {}
