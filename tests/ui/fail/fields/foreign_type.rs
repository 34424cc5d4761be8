//! A type of another crate.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Imu {
    address: std::net::Ipv4Addr,
}

fn main() {}
