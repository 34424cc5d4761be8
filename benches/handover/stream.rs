//! A stream from one process to the other.
//!
//! At full speed, the publisher overwrites what the subscriber has not read: both received and lost
//! messages are counted. In step, the publisher is never ahead of the subscriber by more than the
//! depth. The subscriber reports its progress through a shared counter; that is done by hand, and
//! in the same way for both. Lossless, the SDK keeps them in step by itself, and the bare ring
//! beside it is kept in step by hand.

use crate::bare::{self, CELLS, Cell, Line, Ring};
use crate::cli::Arguments;
use crate::latency::{round_trips, send_back};
use crate::links::{Inbox, Outbox, wait};
use crate::message;
use crate::peer::{self, Context, Peer, Task};
use crate::report::{Row, Target, by_placement};
use crate::shared::Table;
use serde::{Deserialize, Serialize};
use slotcast::{Domain, Publisher, Subscriber};
use slotcast_benches::figures::{Placement, Spread};
use std::error::Error;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::{Duration, Instant};

/// The most that a publisher in step is ahead: the default depth.
const WINDOW: u64 = 64;
/// The number of messages after which the subscriber reports its progress.
const CREDIT: u64 = 16;
/// How long a lossless publisher waits: practically forever.
const PATIENCE: Duration = Duration::from_secs(60);
/// Round trips that reveal the placement.
const TRIPS: u64 = 100;

/// For the other process: send streams.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Plan {
    rounds: u32,
    messages: u64,
    large: bool,
    flow: Flow,
}

/// How the publisher is kept from overtaking the subscriber.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Flow {
    /// By hand.
    InStep,
    /// Not at all.
    Free,
    /// By the SDK.
    Lossless,
}

impl Plan {
    fn topic(&self) -> String {
        format!("stream/{}-{}", if self.large { "large" } else { "small" }, self.flow as u8)
    }
}

/// The result of one stream.
#[derive(Clone, Copy)]
struct Stream {
    /// Received messages, in millions a second.
    rate: f64,
    /// The lost part of all messages.
    lost: f64,
}

pub(crate) fn measure(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for large in [false, true] {
        for flow in [Flow::InStep, Flow::Lossless, Flow::Free] {
            let messages = match (arguments.is_quick(), large) {
                (true, _) => 1000,
                (false, true) => 10_000,
                (false, false) => 50_000,
            };
            let plan = Plan { rounds: arguments.rounds(2), messages, large, flow };
            rows.extend(match large {
                false => receive(&plan, &peer.table.small.0, peer, arguments.near_below)?,
                true => receive(&plan, &peer.table.large.0, peer, arguments.near_below)?,
            });
        }
    }
    Ok(rows)
}

fn receive<const W: usize>(
    plan: &Plan,
    cells: &'static [Cell<W>; CELLS],
    peer: &mut Peer,
    near_below: f64,
) -> Result<Vec<Row>, Box<dyn Error>> {
    let builder = Subscriber::<[u64; W]>::builder(plan.topic()).domain(peer.domain());
    let mut subscriber = if plan.flow == Flow::Lossless { builder.lossless() } else { builder }.create()?;
    bare::wipe(cells);
    let mut ring = Ring::new(cells);
    let table = peer.table;
    bare::wipe(&table.ping.0);
    bare::wipe(&table.pong.0);
    let (mut line, mut line_back) = (Line::new(&table.ping.0), Line::new(&table.pong.0));
    let mut number = 0;
    peer.tell(plan)?;
    let rounds: Vec<(Placement, (Stream, Stream))> = (0..u64::from(plan.rounds))
        .map(|round| {
            let begin = Instant::now();
            round_trips(&mut line, &mut line_back, TRIPS, &mut number);
            let round_trip = begin.elapsed().as_nanos() as f64 / TRIPS as f64;
            let first = round * plan.messages;
            let by_hand = plan.flow == Flow::InStep;
            let streams =
                (stream(plan, first, &mut subscriber, table, by_hand), stream(plan, first, &mut ring, table, true));
            (Placement::of(round_trip, near_below), streams)
        })
        .collect();
    let size = if plan.large { "1 KiB" } else { "48 bytes" };
    let how = match plan.flow {
        Flow::InStep => "in step",
        Flow::Free => "as fast as it goes",
        Flow::Lossless => "lossless",
    };
    Ok(by_placement(&rounds, |rounds| {
        let rates: Vec<_> = rounds.iter().map(|(ours, bare)| (ours.rate, bare.rate)).collect();
        let row = Row::of_pairs(&format!("stream, {size}, {how}"), "M/s", "a stamped ring", &rates);
        match plan.flow {
            Flow::InStep => return row,
            Flow::Lossless => return row.target(Target::RatioAtLeast(if plan.large { 0.8 } else { 0.5 })),
            Flow::Free => {}
        }
        let lost = |of: fn(&(Stream, Stream)) -> f64| 100.0 * Spread::of(rounds.iter().map(|round| of(round))).median;
        let (ours, bare) = (lost(|round| round.0.lost), lost(|round| round.1.lost));
        row.note(format!("received; lost {ours:.0} %, beside it {bare:.0} %"))
    }))
}

/// Lets the other process send a stream, and receives it.
fn stream<const W: usize>(plan: &Plan, first: u64, inbox: &mut impl Inbox<W>, table: &Table, by_hand: bool) -> Stream {
    let by_hand = by_hand && plan.flow != Flow::Free;
    table.received.0.store(first, Release);
    let begin = Instant::now();
    table.go.0.fetch_add(1, Release);
    let (end, mut next, mut received) = (first + plan.messages, first, 0_u64);
    while next < end {
        next = 1 + wait(|| {
            inbox.take(|sequence, words| {
                message::check(words, sequence);
                sequence
            })
        });
        received += 1;
        if by_hand && received % CREDIT == 0 {
            table.received.0.store(next, Release);
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    assert!(plan.flow == Flow::Free || received == plan.messages, "nothing is lost in step");
    Stream { rate: received as f64 / seconds / 1e6, lost: 1.0 - received as f64 / plan.messages as f64 }
}

impl Task for Plan {
    const NAME: &'static str = "stream";
    type Answer = ();

    fn run(self, Context { table, domain, .. }: &mut Context) -> Result<(), Box<dyn Error>> {
        if self.large {
            send_from::<128>(&self, &table.large.0, table, domain)
        } else {
            send_from::<6>(&self, &table.small.0, table, domain)
        }
    }
}

fn send_from<const W: usize>(
    plan: &Plan,
    cells: &[Cell<W>; CELLS],
    table: &Table,
    domain: &Domain,
) -> Result<(), Box<dyn Error>> {
    let builder = Publisher::<[u64; W]>::builder(plan.topic()).domain(domain);
    let builder = if plan.flow == Flow::Lossless { builder.lossless(PATIENCE) } else { builder };
    let mut publisher = builder.create()?;
    let mut ring = Ring::new(cells);
    let (mut line, mut line_back) = (Line::new(&table.ping.0), Line::new(&table.pong.0));
    let mut begun = table.go.0.load(Acquire);
    peer::answer(&())?;
    for round in 0..u64::from(plan.rounds) {
        send_back(&mut line, &mut line_back, TRIPS);
        let first = round * plan.messages;
        send_one(plan, first, &mut publisher, table, &mut begun, plan.flow == Flow::InStep);
        send_one(plan, first, &mut ring, table, &mut begun, plan.flow != Flow::Free);
    }
    Ok(())
}

fn send_one<const W: usize>(
    plan: &Plan,
    first: u64,
    outbox: &mut impl Outbox<W>,
    table: &Table,
    begun: &mut u64,
    by_hand: bool,
) {
    wait(|| (table.go.0.load(Acquire) != *begun).then_some(()));
    *begun += 1;
    let mut received = first;
    for number in first..first + plan.messages {
        if by_hand && number - received >= WINDOW {
            received = wait(|| Some(table.received.0.load(Acquire)).filter(|&received| number - received < WINDOW));
        }
        outbox.put(&message::of(number));
    }
}
