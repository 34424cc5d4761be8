//! A refusal has a reason, not only a text: programs distinguish its code.

use slotcast::ServerCall;

fn refuse(call: ServerCall<u64, u64>) {
    let _ = call.refuse("too large");
}

fn main() {}
