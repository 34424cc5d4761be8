//! Items of a response are messages, too.

use slotcast::{CreateError, Server};

struct Answer {
    value: u64,
}

fn serve() -> Result<Server<u64, Answer>, CreateError> {
    Server::new("answers")
}

fn main() {}
