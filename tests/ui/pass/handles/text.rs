//! Publishers and subscribers of text and data of any length.

use slotcast::{Publisher, Subscriber};

fn main() {
    let _ = || Subscriber::<[u8]>::new("log/lines").unwrap();
    let _ = || Publisher::<[u8]>::new("log/lines").unwrap();
}
