//! A slice is sent by its elements, which cannot be references.

use slotcast::{Client, CreateError};

fn ask() -> Result<Client<[&'static u64], u64>, CreateError> {
    Client::new("sum")
}

fn main() {}
