//! A path on the heap.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    file: std::path::PathBuf,
}

fn main() {}
