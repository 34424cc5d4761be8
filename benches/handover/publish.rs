//! One publish call while nobody asks for the messages: as often as it happens, and with many subscribers.

use crate::bare::{self, Ring};
use crate::cli::Arguments;
use crate::links::Outbox;
use crate::message::{self, Small};
use crate::peer::{Peer, Task};
use crate::report::{Row, Target};
use slotcast::Publisher;
use std::error::Error;
use std::time::Instant;

/// How many there are on the crowded topic, in the other process.
const CROWD: usize = 64;

/// Rounds between changes of the number of subscribers.
const BLOCK: u32 = 15;

pub(crate) fn measure(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Box<dyn Error>> {
    let calls = if arguments.is_quick() { 100 } else { 2000 };
    // One publisher, so that code and memory are the same: what differs is who is there.
    let topic = "publish";
    let mut publisher = Publisher::<Small>::builder(topic).domain(peer.domain()).create()?;
    bare::wipe(&peer.table.small.0);
    let mut ring = Ring::new(&peer.table.small.0);

    let mut next = 0;
    let mut with_bare = Vec::new();
    let mut with_crowd = Vec::new();
    for _ in 0..arguments.rounds(BLOCK) {
        let mut block = |subscribers| -> Result<Vec<(f64, f64)>, Box<dyn Error>> {
            assert_eq!(publisher.subscribers()?.len(), subscribers);
            let round = |_| {
                let first = next;
                next += calls;
                (each(&mut publisher, first, calls), each(&mut ring, first, calls))
            };
            Ok((0..BLOCK).map(round).collect())
        };
        peer.tell::<()>(&Task::Hold { topic: topic.into(), subscribers: 1 })?;
        let alone = block(1)?;
        peer.tell::<()>(&Task::Hold { topic: topic.into(), subscribers: CROWD - 1 })?;
        let among_many = block(CROWD)?;
        peer.tell::<()>(&Task::Drain { last: next - 1 })?;
        with_crowd.extend(among_many.iter().zip(&alone).map(|(many, one)| (many.0, one.0)));
        with_bare.extend(alone);
    }
    Ok(vec![
        Row::of_pairs("publish, 48 bytes, 1 subscriber", "ns", "a stamped ring", &with_bare)
            .target(Target::AtMost(5.0)),
        Row::of_pairs("publish, 48 bytes, 64 subscribers", "ns", "1 subscriber", &with_crowd)
            .target(Target::RatioAtMost(1.1)),
    ])
}

/// Nanoseconds of one call.
#[inline(never)]
fn each(outbox: &mut impl Outbox<6>, first: u64, calls: u64) -> f64 {
    let begin = Instant::now();
    for number in first..first + calls {
        outbox.put(&message::of(number));
    }
    begin.elapsed().as_nanos() as f64 / calls as f64
}
