//! Another struct without bytes.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Reset {
    count: u64,
}

fn main() {}
