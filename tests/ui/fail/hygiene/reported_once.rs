//! One mistake is reported once, however often the type is used.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
struct Point {
    x: f32,
}

#[derive(ShmMessage)]
#[repr(C)]
struct Line {
    from: Point,
    to: [Point; 2],
}

fn publish<T: ShmMessage>(_: T) {}

fn use_it(line: Line, point: Point) {
    publish(line);
    publish(point);
}

fn main() {}
