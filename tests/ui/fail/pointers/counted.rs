//! A counted pointer, in one thread.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    map: std::rc::Rc<u64>,
}

fn main() {}
