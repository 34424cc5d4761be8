//! An enum without values.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Always {
    Here,
}

fn main() {}
