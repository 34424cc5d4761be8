//! An enum without values.

use slotcast::ShmMessage;

#[derive(ShmMessage)]
enum Never {}

fn main() {}
