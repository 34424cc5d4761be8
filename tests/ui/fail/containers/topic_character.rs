//! A character that is not allowed in a name.

use slotcast::{Topic, topic};

const TOPIC: Topic<f32> = topic!("robot/größe");

fn main() {}
