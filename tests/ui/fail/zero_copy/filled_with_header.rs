//! A header that was not written, of a type with invalid bit patterns.

use slotcast::Publisher;

fn main() {
    let mut publisher = Publisher::<[u8], bool>::new("camera").unwrap();
    let mut loan = publisher.loan_slice_uninit(1000).unwrap();
    loan.as_bytes_mut().fill(1);
    publisher.send(loan.assume_filled()).unwrap();
}
