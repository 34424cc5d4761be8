//! The argument must be a message.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Stamped<T> {
    stamp_ns: u64,
    value: T,
}

fn publish<T: ShmMessage>(_: T) {}

fn use_it() {
    publish(Stamped { stamp_ns: 0, value: String::new() });
}

fn main() {}
