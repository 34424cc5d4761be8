//! A segment that begins with a dot.

use slotcast::{Topic, topic};

const TOPIC: Topic<f32> = topic!("robot/imu");

fn main() {}
