//! A topic constant names its type.

use slotcast::{IntoTopic, Topic, topic};

const TOPIC: Topic<f32> = topic!("robot/speed");

fn subscribe<T>(_: impl IntoTopic<T>) {}

fn use_it() {
    subscribe::<f64>(TOPIC);
}

fn main() {}
