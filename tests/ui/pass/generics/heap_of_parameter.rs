//! A list on the heap, whatever is in it.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct List<T: ShmMessage> {
    items: slotcast::FixedVec<T, 8>,
}

fn publish<T: ShmMessage>(_: T) {}

fn use_it() {
    publish(List::<u8> { items: slotcast::FixedVec::new() });
}

fn main() {}
