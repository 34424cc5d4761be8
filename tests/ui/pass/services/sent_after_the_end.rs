//! The last item ends the response.

use slotcast::ServerCall;
use slotcast::service::ServeError;

fn answer(call: ServerCall<u64, u64>) -> Result<(), ServeError> {
    call.send(&1)?;
    call.respond(&2)
}

fn main() {}
