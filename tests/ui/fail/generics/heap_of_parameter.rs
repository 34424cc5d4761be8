//! A list on the heap, whatever is in it.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct List<T> {
    items: Vec<T>,
}

fn publish<T: ShmMessage>(_: T) {}

fn use_it() {
    publish(List::<u8> { items: Vec::new() });
}

fn main() {}
