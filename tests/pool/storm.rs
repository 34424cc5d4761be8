//! Publishers and readers at full speed, which are started and killed, with samples held at random:
//! none is ever overwritten.
//!
//! `SLOTCAST_STORM_MINUTES` makes it last longer (see `tests/soak.sh`), and `SLOTCAST_STORM_SEED`
//! repeats a run. The seed determines what is killed when, but not how far it has got by then.

use crate::messages::{fill, number};
use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast::{Publisher, Sample, Subscriber};
use slotcast_tests::random::{Random, variable};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

/// 2 KiB.
type Message = [u64; 256];

/// Returns how long a storm lasts: `SLOTCAST_STORM_MINUTES`, or some seconds.
pub(crate) fn duration() -> Duration {
    variable("SLOTCAST_STORM_MINUTES").map_or(Duration::from_secs(4), |minutes: u64| Duration::from_secs(60 * minutes))
}

/// Holds samples at random, and checks each when it is received and when it is dropped, often in
/// another thread. Exits after a number of messages, if it is not killed before.
#[test]
fn child_reads() {
    testing::process(|script| {
        let builder = Subscriber::<Message>::builder("x").domain(script.domain());
        let mut subscriber = builder.max_samples(script.argument(1)).create().unwrap();
        let mut random = Random::new(script.argument(0));
        let (sender, receiver) = std::sync::mpsc::channel::<(u64, Sample<Message>)>();
        let other = std::thread::spawn(move || {
            for (expected, sample) in receiver {
                assert_eq!(number(&sample[..]), expected);
            }
        });
        let mut held: Vec<(u64, Sample<Message>)> = Vec::new();
        let mut in_place = 0_u64;
        script.say("ready");
        for _ in 0..script.argument::<u64>(2) {
            let sample = subscriber.recv().unwrap();
            in_place += u64::from(sample.is_in_place());
            let received = number(&sample[..]);
            match random.below(4) {
                0 => {}
                1 => sender.send((received, sample.clone())).unwrap(),
                _ => held.push((received, sample)),
            }
            if held.len() as u64 > random.below(10) {
                let index = random.index(held.len());
                let (expected, sample) = held.swap_remove(index);
                assert_eq!(number(&sample[..]), expected);
            }
        }
        drop(subscriber);
        for (expected, sample) in held {
            assert_eq!(number(&sample[..]), expected);
        }
        drop(sender);
        other.join().unwrap();
        script.say(&in_place.to_string());
    });
}

/// Publishes at full speed until it is killed.
#[test]
fn child_publishes() {
    testing::process(|script| {
        let mut publisher = Publisher::<Message>::builder("x").domain(script.domain()).create().unwrap();
        for count in 0.. {
            let mut loan = publisher.loan_uninit().unwrap().assume_filled();
            fill(&mut loan[..], count);
            publisher.send(loan).unwrap();
        }
    });
}

#[test]
fn nothing_that_is_held_is_overwritten() {
    let mut random = Random::of_this_run();
    let domain = TempDomain::new();
    let end = Instant::now() + duration();
    let mut publishers: Vec<Process> = Vec::new();
    let mut readers: Vec<Process> = Vec::new();
    // They exit by themselves.
    let mut doomed: Vec<Process> = Vec::new();
    let mut in_place = 0;
    while Instant::now() < end {
        if publishers.len() < 2 {
            publishers.push(Process::start("storm::child_publishes", &domain, &[]));
        }
        while readers.len() < 3 {
            let most = ["8", "8", "3", "0"][random.index(4)];
            let arguments = [&random.next().to_string(), most, "20000"];
            let mut reader = match random.index(6) {
                point @ 0..2 => {
                    let point = ["pin.stored", "pin.held"][point];
                    let visit = 1 + random.below(3000);
                    doomed.push(Process::start_until(
                        "storm::child_reads",
                        &domain,
                        &arguments,
                        point,
                        visit,
                        Action::Kill,
                    ));
                    continue;
                }
                _ => Process::start("storm::child_reads", &domain, &arguments),
            };
            reader.expect("ready");
            readers.push(reader);
        }
        match random.below(8) {
            0 => drop(publishers.swap_remove(0).kill()),
            1..3 => {
                let index = random.index(3);
                let mut reader = readers.swap_remove(index);
                match reader.has_ended() {
                    None => drop(reader.kill()),
                    Some(status) => {
                        assert!(status.success(), "{status}");
                        in_place += reader.listen().parse::<u64>().unwrap();
                    }
                }
            }
            3 => {
                publishers[0].stop();
                publishers[0].go_on();
            }
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    // By chance all that are left can be of the kind that copies.
    readers.push(Process::start("storm::child_reads", &domain, &[&random.next().to_string(), "8", "20000"]));
    readers.last_mut().expect("just pushed").expect("ready");
    for mut doomed in doomed {
        let status = doomed.wait();
        assert!(status.success() || status.signal() == Some(libc::SIGKILL), "{status}");
    }
    for mut reader in readers {
        in_place += reader.listen().parse::<u64>().unwrap();
        reader.finish();
    }
    println!("{in_place} messages in place");
    assert!(in_place > 0);
}
