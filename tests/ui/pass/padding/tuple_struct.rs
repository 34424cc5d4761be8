//! Fields without names have gaps too.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Pair(u8, u8, u16);

fn main() {}
