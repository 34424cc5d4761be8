//! Prints what `hello-publisher` counts, until it is killed.

mod message;

use message::Tick;
use slotcast::Subscriber;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut subscriber = Subscriber::<Tick>::new("hello/tick")?;
    for tick in subscriber.iter() {
        println!("{}", tick?.count);
    }
    Ok(())
}
