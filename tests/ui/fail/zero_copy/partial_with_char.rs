//! Partial messages of a type that has to be checked.

use slotcast::{Publisher, ShmMessage, Subscriber};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Cell {
    letter: char,
    color: u32,
}

fn main() {
    let mut publisher = Publisher::<[Cell]>::new("screen").unwrap();
    let loan = publisher.loan_slice(80 * 25).unwrap();
    publisher.publish_partial(loan).unwrap();
    let mut subscriber = Subscriber::<[Cell]>::new("screen").unwrap();
    subscriber.try_recv_partial().unwrap();
}
