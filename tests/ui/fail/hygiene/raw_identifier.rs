//! A field whose name is a keyword.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    r#type: u8,
    r#match: u32,
}

fn main() {}
