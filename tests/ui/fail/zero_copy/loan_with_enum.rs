//! A zeroed loan of a struct with such an enum.

use slotcast::{Publisher, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(u8)]
enum Gear {
    Reverse = 1,
    Forward = 2,
}

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Car {
    id: u8,
    gear: Gear,
}

fn main() {
    let mut publisher = Publisher::<Car>::new("car").unwrap();
    let mut loan = publisher.loan().unwrap();
    loan.id = 7;
    publisher.send(loan).unwrap();
}
