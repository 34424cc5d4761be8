//! Text on the heap.

use slotcast::ShmMessage;

fn publish<T: ShmMessage>(_: T) {}

fn use_it() {
    publish(slotcast::Str::<8>::new());
}

fn main() {}
