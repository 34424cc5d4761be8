//! Prints what `hello-publisher` counts, until it is ended.

mod message;

use message::Tick;
use slotcast::Subscriber;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut subscriber = Subscriber::<Tick>::new("hello/tick")?;
    loop {
        while let Some(tick) = subscriber.try_recv()? {
            println!("{}", tick.count);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
