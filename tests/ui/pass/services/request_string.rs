//! A request can be text of bounded length.

use slotcast::{Client, CreateError, Str};

fn ask() -> Result<Client<Str<64>, u64>, CreateError> {
    Client::new("length")
}

fn main() {}
