//! A number of one byte is an id.

use slotcast::{CreateError, Notifier};

fn stop() -> Result<Notifier<u8>, CreateError> {
    Notifier::new("robot/estop")
}

fn main() {}
