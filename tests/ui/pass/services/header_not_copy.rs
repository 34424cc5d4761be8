//! The header of an item is `Copy`.

use slotcast::{CreateError, Server, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Rate {
    hz: f64,
}

fn filter() -> Result<Server<u64, (Rate, [f64])>, CreateError> {
    Server::new("filter")
}

fn main() {}
