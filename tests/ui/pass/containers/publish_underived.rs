//! A struct that is not a message.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Point {
    x: f32,
}

fn publish<T: ShmMessage>(_: T) {}

fn use_it() {
    publish(Point { x: 1.0 });
}

fn main() {}
