//! All types that are not messages are reported at once.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    name: slotcast::Str<12>,
    ranges: [f32; 4],
    id: u32,
}

fn main() {}
