//! A name that begins like a file's.

use slotcast::{Topic, topic};

const TOPIC: Topic<f32> = topic!("/robot/imu");

fn main() {}
