//! Every mistake is reported at once.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    name: slotcast::Str<16>,
    count: u64,
    data: [u8; 6],
    pair: [u8; 2],
}

fn main() {}
