//! The processes that are killed.

use slotcast::registry::Placement;
use slotcast::testing;
use slotcast::{PublishError, Publisher, RecvError, Subscriber};
use slotcast_tests::message::Counted;
use std::time::Duration;

fn placement(text: &str) -> Placement {
    if text == "file" { Placement::File } else { Placement::Auto }
}

/// Exits at once, so that a failed worker is not killed before it reports its failure.
fn fail(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(1);
}

/// Publishes in bursts, with three publishers one after the other.
#[test]
fn child_publishes() {
    testing::process(|script| {
        let (topic, place): (String, String) = (script.argument(0), script.argument(1));
        for life in 0..3 {
            let builder = Publisher::<Counted>::builder(topic.as_str()).domain(script.domain());
            let builder = if life == 0 { builder } else { builder.lossless(Duration::from_millis(2)) };
            let mut publisher = builder
                .placement(placement(&place))
                .depth(64 << life)
                .create()
                .unwrap_or_else(|error| fail(&error.to_string()));
            let mut next = 0;
            for number in 0..200 {
                match publisher.publish(&Counted::new(next)) {
                    Ok(_) => next += 1,
                    Err(PublishError::LagTimeout(_)) => {}
                    Err(error) => fail(&error.to_string()),
                }
                if number % 20 == 0 {
                    std::thread::sleep(Duration::from_micros(500));
                }
            }
        }
    });
}

/// Subscribes five times, and reads for a moment each time.
#[test]
fn child_subscribes() {
    testing::process(|script| {
        let (topic, place): (String, String) = (script.argument(0), script.argument(1));
        for life in 0..5 {
            let builder = Subscriber::<Counted>::builder(topic.as_str()).domain(script.domain());
            let builder = if life % 2 == 0 { builder } else { builder.lossless() };
            let mut subscriber = builder
                .placement(placement(&place))
                .history(8 * life)
                .create()
                .unwrap_or_else(|error| fail(&error.to_string()));
            for _ in 0..20 {
                for sample in subscriber.try_iter() {
                    match sample {
                        Ok(sample) if sample.is_whole() => {}
                        Ok(sample) => fail(&format!("{:?}", *sample)),
                        Err(RecvError::NotLossless { .. }) => {}
                        Err(error) => fail(&error.to_string()),
                    }
                }
                std::thread::sleep(Duration::from_micros(300));
            }
        }
    });
}
