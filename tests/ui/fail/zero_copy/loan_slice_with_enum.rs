//! A zeroed loan of a slice whose header has such an enum.

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
    let mut publisher = Publisher::<[u8], Car>::new("car/image").unwrap();
    let image = publisher.loan_slice(100).unwrap();
    publisher.send(image).unwrap();
}
