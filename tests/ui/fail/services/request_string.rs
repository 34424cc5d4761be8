//! A request cannot own memory of this process.

use slotcast::{Client, CreateError};

fn ask() -> Result<Client<String, u64>, CreateError> {
    Client::new("length")
}

fn main() {}
