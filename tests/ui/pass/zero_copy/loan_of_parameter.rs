//! A zeroed loan of any message.

use slotcast::{LoanError, Publisher, ShmMessage};

fn check_memory<T: ShmMessage + slotcast::ZeroValid>(publisher: &mut Publisher<T>) -> Result<(), LoanError> {
    publisher.loan().map(drop)
}

fn main() {}
