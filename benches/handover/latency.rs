//! One-way latency: a message goes there and back, and half of that is one way.

use crate::bare::{self, Line, Ring};
use crate::cli::Arguments;
use crate::links::{Inbox, Outbox, wait};
use crate::message::{self, Small};
use crate::peer::{self, Context, Peer, Task};
use crate::report::{Row, Target, by_placement};
use serde::{Deserialize, Serialize};
use slotcast::{Publisher, Subscriber};
use slotcast_benches::figures::Placement;
use std::error::Error;
use std::time::Instant;

/// Round trips before each measurement, to warm up the caches.
const WARM_UP: u64 = 16;

/// For the other process: send back every message.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Echo {
    rounds: u32,
    trips: u64,
}

/// One-way latencies of one round, in nanoseconds.
struct Round {
    slotcast: f64,
    line: f64,
    ring: f64,
}

pub(crate) fn measure(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Box<dyn Error>> {
    let plan = Echo { rounds: arguments.rounds(1), trips: if arguments.is_quick() { 50 } else { 500 } };
    let mut publisher = Publisher::<Small>::builder("ping").domain(peer.domain()).create()?;
    let mut subscriber = Subscriber::<Small>::builder("pong").domain(peer.domain()).create()?;
    let table = peer.table;
    bare::wipe(&table.ping.0);
    bare::wipe(&table.pong.0);
    let (mut line, mut line_back) = (Line::new(&table.ping.0), Line::new(&table.pong.0));
    let (mut ring, mut ring_back) = (Ring::new(&table.ping_ring.0), Ring::new(&table.pong_ring.0));
    peer.tell(&plan)?;
    let mut number = 0;
    let rounds: Vec<(Placement, Round)> = (0..plan.rounds)
        .map(|_| {
            line.change();
            line_back.change();
            // The bare line is measured before and after the SDK, which is compared with the mean.
            let before = one_way(&mut line, &mut line_back, plan.trips, &mut number);
            let slotcast = one_way(&mut publisher, &mut subscriber, plan.trips, &mut number);
            let after = one_way(&mut line, &mut line_back, plan.trips, &mut number);
            let ring = one_way(&mut ring, &mut ring_back, plan.trips, &mut number);
            let line = f64::midpoint(before, after);
            (Placement::of(2.0 * line, arguments.near_below), Round { slotcast, line, ring })
        })
        .collect();
    assert_eq!(subscriber.lost(), 0, "no reader is overtaken");
    let name = "one way, 48 bytes";
    let mut rows = by_placement(&rounds, |rounds| {
        let pairs: Vec<_> = rounds.iter().map(|round| (round.slotcast, round.line)).collect();
        Row::of_pairs(name, "ns", "a stamped line", &pairs).target(Target::RatioAtMost(1.15))
    });
    rows.extend(by_placement(&rounds, |rounds| {
        let pairs: Vec<_> = rounds.iter().map(|round| (round.slotcast, round.ring)).collect();
        Row::of_pairs(name, "ns", "a stamped ring", &pairs)
    }));
    Ok(rows)
}

/// Returns half the time of a round trip, in nanoseconds.
pub(crate) fn one_way<const W: usize>(
    there: &mut impl Outbox<W>,
    back: &mut impl Inbox<W>,
    trips: u64,
    number: &mut u64,
) -> f64 {
    round_trips(there, back, WARM_UP, number);
    let begin = Instant::now();
    round_trips(there, back, trips, number);
    begin.elapsed().as_nanos() as f64 / trips as f64 / 2.0
}

/// Sends numbered messages, each when the previous one has come back.
pub(crate) fn round_trips<const W: usize>(
    there: &mut impl Outbox<W>,
    back: &mut impl Inbox<W>,
    trips: u64,
    number: &mut u64,
) {
    for _ in 0..trips {
        there.put(&message::of(*number));
        wait(|| back.take(|_, words| message::check(words, *number)));
        *number += 1;
    }
}

/// The other side of [`measure`].
impl Task for Echo {
    const NAME: &'static str = "echo";
    type Answer = ();

    fn run(self, Context { table, domain, .. }: &mut Context) -> Result<(), Box<dyn Error>> {
        let mut subscriber = Subscriber::<Small>::builder("ping").domain(domain).create()?;
        let mut publisher = Publisher::<Small>::builder("pong").domain(domain).create()?;
        let (mut line, mut line_back) = (Line::new(&table.ping.0), Line::new(&table.pong.0));
        let (mut ring, mut ring_back) = (Ring::new(&table.ping_ring.0), Ring::new(&table.pong_ring.0));
        peer::answer(&())?;
        let trips = WARM_UP + self.trips;
        for _ in 0..self.rounds {
            line.change();
            line_back.change();
            send_back(&mut line, &mut line_back, trips);
            send_back(&mut subscriber, &mut publisher, trips);
            send_back(&mut line, &mut line_back, trips);
            send_back(&mut ring, &mut ring_back, trips);
        }
        Ok(())
    }
}

/// The other side of [`one_way`] over a line.
pub(crate) fn echo_line(line: &mut Line<'_, 6>, back: &mut Line<'_, 6>, trips: u64) {
    send_back(line, back, WARM_UP + trips);
}

/// Sends back every message.
pub(crate) fn send_back<const W: usize>(there: &mut impl Inbox<W>, back: &mut impl Outbox<W>, trips: u64) {
    for _ in 0..trips {
        wait(|| there.take(|_, words| back.put(words)));
    }
}
