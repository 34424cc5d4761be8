//! Elements that are not messages.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    names: slotcast::FixedVec<slotcast::Str<8>, 4>,
}

fn main() {}
