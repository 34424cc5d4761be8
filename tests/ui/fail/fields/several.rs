//! Every mistake is reported at once.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    name: &'static str,
    count: u64,
    data: *const u8,
    pair: (u8, u8),
}

fn main() {}
