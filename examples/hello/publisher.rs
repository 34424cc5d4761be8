//! Counts, ten times a second, until it is killed. Run it beside `hello-subscriber`, in any order.

mod message;

use message::Tick;
use slotcast::Publisher;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut publisher = Publisher::<Tick>::new("hello/tick")?;
    for count in 0.. {
        publisher.publish(&Tick { count })?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
