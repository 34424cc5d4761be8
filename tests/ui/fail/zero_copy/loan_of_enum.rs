//! A zeroed loan of an enum that has no variant of value 0.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(u8)]
enum Gear {
    Reverse = 1,
    Forward = 2,
}

fn main() {
    let mut publisher = Publisher::<Gear>::new("car/gear").unwrap();
    let mut loan = publisher.loan().unwrap();
    *loan = Gear::Forward;
    publisher.send(loan).unwrap();
}
