//! A slice is sent by its elements.

use slotcast::{Client, CreateError};

fn ask() -> Result<Client<[u64], u64>, CreateError> {
    Client::new("sum")
}

fn main() {}
