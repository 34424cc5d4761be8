//! A message that has to be readable in place, and cannot be.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Mode {
    Idle = 1,
    Busy = 2,
}

#[derive(ShmMessage)]
#[repr(C)]
#[shm(in_place)]
struct Header {
    width: u16,
    mode: Mode,
    is_last: bool,
}

fn main() {}
