//! A refusal has a reason: a code for programs, and a text for people.

use slotcast::ServerCall;
use slotcast::service::Reason;

fn refuse(call: ServerCall<u64, u64>) {
    let _ = call.refuse(&Reason::new(1, "too large"));
}

fn main() {}
