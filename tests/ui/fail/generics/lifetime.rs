//! A message cannot borrow.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu<'a> {
    name: &'a str,
}

fn main() {}
