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
    let image = publisher.loan_slice_uninit(100).unwrap();
    let image = image.assume_filled_with(&Car { id: 7, gear: Gear::Forward });
    publisher.send(image).unwrap();
}
