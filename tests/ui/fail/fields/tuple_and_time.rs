//! Two mistakes of two kinds, told at once.

use slotcast::ShmMessage;
use std::time::SystemTime;

#[derive(ShmMessage)]
#[repr(C)]
struct Reading {
    range: (u32, u32),
    at: SystemTime,
}

fn main() {}
