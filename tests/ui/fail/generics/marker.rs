//! A marker changes the meaning but not the bytes.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
#[repr(C)]
struct Id<T> {
    number: u64,
    of: std::marker::PhantomData<T>,
}

fn publish<T: ShmMessage>(_: T) {}

fn use_it() {
    publish(Id::<u8> { number: 1, of: std::marker::PhantomData });
}

fn main() {}
