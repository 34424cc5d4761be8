//! A field whose name is a keyword.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    r#match: u32,
    r#type: u32,
}

fn main() {}
