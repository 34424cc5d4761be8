//! Which bytes are valid depends on the value.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u32)]
enum Kind {
    Stop,
    Drive,
    Turn,
}

#[derive(ShmMessage)]
#[repr(C)]
struct Command {
    kind: Kind,
    value: f32,
}

fn main() {}
