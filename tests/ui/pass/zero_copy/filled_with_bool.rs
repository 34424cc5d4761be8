//! A loan filled with bytes, of a type with invalid bit patterns.

use slotcast::Publisher;

fn main() {
    let mut publisher = Publisher::<[bool]>::new("grid/occupied").unwrap();
    let loan = publisher.loan_slice_uninit(1000).unwrap();
    publisher.send(loan.write_each(|_| true)).unwrap();
}
