//! Padding is reported once, however often the type is used.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Point {
    a: u8,
    b: u16,
}

#[derive(ShmMessage)]
#[repr(C)]
struct Line {
    from: Point,
    to: [Point; 2],
}

const _: bool = Line::ZERO_VALID;

fn main() {}
