//! One publish call while nobody asks for the messages: as often as it happens, and with many subscribers.

use crate::bare::Ring;
use crate::cli::Arguments;
use crate::links::Outbox;
use crate::message::{self, Small};
use crate::peer::{Peer, Task};
use crate::report::{Row, Target};
use slotcast::{Publisher, Subscriber};
use std::error::Error;
use std::time::Instant;

/// How many there are on the crowded topic, in the other process.
const CROWD: usize = 64;

pub(crate) fn measure(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Box<dyn Error>> {
    let calls = if arguments.is_quick() { 100 } else { 2000 };
    let publisher = |topic: &str| Publisher::<Small>::builder(topic).domain(peer.domain()).create();
    let (mut one, mut crowded) = (publisher("publish/one")?, publisher("publish/crowded")?);
    // One that is here is asked at the end whether everything has been published.
    let mut witness = Subscriber::<Small>::builder("publish/one").domain(peer.domain()).create()?;
    peer.tell::<()>(&Task::Hold { topic: "publish/one".into(), subscribers: 0 })?;
    peer.tell::<()>(&Task::Hold { topic: "publish/crowded".into(), subscribers: CROWD })?;
    assert_eq!((one.subscribers()?.len(), crowded.subscribers()?.len()), (1, CROWD));
    let mut ring = Ring::new(&peer.table.small.0);

    let rounds = arguments.rounds(1);
    let mut with_bare = Vec::new();
    let mut with_crowd = Vec::new();
    for round in 0..u64::from(rounds) {
        let first = round * calls;
        let bare = each(&mut ring, first, calls);
        let alone = each(&mut one, first, calls);
        let among_many = each(&mut crowded, first, calls);
        with_bare.push((alone, bare));
        with_crowd.push((among_many, alone));
    }

    let last = u64::from(rounds) * calls - 1;
    peer.tell::<()>(&Task::Drain { last })?;
    let mut received = 0;
    while let Some(sample) = witness.try_recv()? {
        message::check(&sample, sample.sequence());
        received += 1;
    }
    assert_eq!(received + witness.lost(), last + 1, "all messages were published");
    Ok(vec![
        Row::of_pairs("publish, 48 bytes, 1 subscriber", "ns", "a stamped ring", &with_bare)
            .target(Target::AtMost(5.0)),
        Row::of_pairs("publish, 48 bytes, 64 subscribers", "ns", "1 subscriber", &with_crowd)
            .target(Target::RatioAtMost(1.1)),
    ])
}

/// Nanoseconds of one call.
fn each(outbox: &mut impl Outbox<6>, first: u64, calls: u64) -> f64 {
    let begin = Instant::now();
    for number in first..first + calls {
        outbox.put(&message::of(number));
    }
    begin.elapsed().as_nanos() as f64 / calls as f64
}
