//! A name without characters.

use slotcast::{Topic, topic};

const TOPIC: Topic<f32> = topic!("");

fn main() {}
