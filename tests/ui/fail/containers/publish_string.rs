//! Text on the heap.

use slotcast::ShmMessage;

fn publish<T: ShmMessage>(_: T) {}

fn use_it() {
    publish(String::new());
}

fn main() {}
