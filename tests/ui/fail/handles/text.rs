//! A subscriber of text, and a publisher of what is on the heap.

use slotcast::{Publisher, Subscriber};

fn main() {
    Subscriber::<str>::new("log/lines").unwrap();
    Publisher::<[Vec<u8>]>::new("log/lines").unwrap();
}
