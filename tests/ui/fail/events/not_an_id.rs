//! A number of two bytes is not an id.

use slotcast::{CreateError, Notifier};

fn stop() -> Result<Notifier<u16>, CreateError> {
    Notifier::new("robot/estop")
}

fn main() {}
