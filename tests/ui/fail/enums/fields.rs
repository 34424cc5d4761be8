//! Which bytes are valid depends on the value.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(u8)]
enum Command {
    Stop,
    Drive(f32),
    Turn { angle: f32 },
}

fn main() {}
