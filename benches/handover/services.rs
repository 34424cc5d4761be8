//! Calls of 64 bytes there and back: while both sides poll, beside the round trip of a bare line;
//! while both sleep, beside two wake-ups of a futex.

use crate::bare::{self, Line};
use crate::cli::Arguments;
use crate::latency::{echo_line, one_way};
use crate::peer::{self, Context, Peer, Task};
use crate::report::{Row, Target};
use rustix::thread::futex;
use serde::{Deserialize, Serialize};
use slotcast::{Client, Server, Wait};
use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// 64 bytes.
type Message = [u64; 8];

/// Calls before each measurement, to warm up the caches.
const WARM_UP: u64 = 16;

const AWAKE: &str = "calls";
const ASLEEP: &str = "calls-asleep";

/// For the other process: answer calls, and send back what comes by hand.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Serve {
    rounds: u32,
    trips: u64,
    sleeps: bool,
}

type Failure = Box<dyn Error>;

pub(crate) fn measure(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for sleeps in [false, true] {
        let (per, trips) = if sleeps { (10, 50) } else { (1, 500) };
        let trips = if arguments.is_quick() { 10 } else { trips };
        let plan = Serve { rounds: arguments.rounds(per), trips, sleeps };
        let pairs = if sleeps { asleep(plan, peer)? } else { awake(plan, peer)? };
        rows.push(if sleeps {
            Row::of_pairs("a call, asleep", "ns", "two futex wakes", &pairs).target(Target::RatioAtMost(1.2))
        } else {
            Row::of_pairs("a call, polling", "ns", "a bare round trip", &pairs).target(Target::RatioAtMost(2.5))
        });
    }
    Ok(rows)
}

/// Returns the round trip of a call and that of a bare line, of each round.
fn awake(plan: Serve, peer: &mut Peer) -> Result<Vec<(f64, f64)>, Failure> {
    let client = client(AWAKE, Wait::Spin, peer)?;
    let table = peer.table;
    bare::wipe(&table.ping.0);
    bare::wipe(&table.pong.0);
    let (mut line, mut line_back) = (Line::new(&table.ping.0), Line::new(&table.pong.0));
    peer.tell(&plan)?;
    let mut number = 0;
    (0..plan.rounds)
        .map(|_| {
            line.change();
            line_back.change();
            let before = 2.0 * one_way(&mut line, &mut line_back, plan.trips, &mut number);
            let called = calls(&client, plan.trips)?;
            let after = 2.0 * one_way(&mut line, &mut line_back, plan.trips, &mut number);
            Ok((called, f64::midpoint(before, after)))
        })
        .collect()
}

/// Returns the round trip of a call and that of two futexes, of each round.
fn asleep(plan: Serve, peer: &mut Peer) -> Result<Vec<(f64, f64)>, Failure> {
    let client = client(ASLEEP, Wait::Sleep, peer)?;
    let table = peer.table;
    table.futex.0.store(0, Ordering::Relaxed);
    table.futex_back.0.store(0, Ordering::Relaxed);
    peer.tell(&plan)?;
    let mut woken = 0;
    let mut bare = || -> Result<f64, Failure> {
        let mut trips = |count| -> Result<(), Failure> {
            for _ in 0..count {
                wake(&table.futex.0)?;
                sleep_until_changed(&table.futex_back.0, woken)?;
                woken += 1;
            }
            Ok(())
        };
        trips(WARM_UP)?;
        let begin = Instant::now();
        trips(plan.trips)?;
        Ok(begin.elapsed().as_nanos() as f64 / plan.trips as f64)
    };
    (0..plan.rounds)
        .map(|_| {
            let before = bare()?;
            let called = calls(&client, plan.trips)?;
            Ok((called, f64::midpoint(before, bare()?)))
        })
        .collect()
}

fn client(service: &str, wait: Wait, peer: &Peer) -> Result<Client<Message, Message>, Failure> {
    Ok(Client::builder(service).domain(peer.domain()).wait(wait).create()?)
}

/// Returns the nanoseconds that a call takes, from the request to the end of the response.
fn calls(client: &Client<Message, Message>, trips: u64) -> Result<f64, Failure> {
    let make = |count: u64| -> Result<(), Failure> {
        for number in 0..count {
            let mut pending = client.call(&[number; 8])?;
            let item = pending.next()?.ok_or("a response has one item")?;
            assert_eq!(*item, [number; 8], "the response is the request");
        }
        Ok(())
    };
    make(WARM_UP)?;
    let begin = Instant::now();
    make(trips)?;
    Ok(begin.elapsed().as_nanos() as f64 / trips as f64)
}

impl Task for Serve {
    const NAME: &'static str = "serve";
    type Answer = ();

    fn run(self, Context { table, domain, .. }: &mut Context) -> Result<(), Failure> {
        let (service, wait) = if self.sleeps { (ASLEEP, Wait::Sleep) } else { (AWAKE, Wait::Spin) };
        let mut server = Server::<Message, Message>::builder(service).domain(domain).wait(wait).create()?;
        let (mut line, mut line_back) = (Line::new(&table.ping.0), Line::new(&table.pong.0));
        peer::answer(&())?;
        let mut woken = 0;
        let mut bare = |rounds: u64| -> Result<(), Failure> {
            for _ in 0..rounds {
                sleep_until_changed(&table.futex.0, woken)?;
                woken += 1;
                wake(&table.futex_back.0)?;
            }
            Ok(())
        };
        let trips = WARM_UP + self.trips;
        for _ in 0..self.rounds {
            if self.sleeps {
                bare(trips)?;
                serve(&mut server, trips)?;
                bare(trips)?;
            } else {
                line.change();
                line_back.change();
                echo_line(&mut line, &mut line_back, self.trips);
                serve(&mut server, trips)?;
                echo_line(&mut line, &mut line_back, self.trips);
            }
        }
        Ok(())
    }
}

fn serve(server: &mut Server<Message, Message>, calls: u64) -> Result<(), Failure> {
    for _ in 0..calls {
        let call = server.next()?;
        let response = *call.request();
        call.respond(&response)?;
    }
    Ok(())
}

fn wake(word: &AtomicU32) -> Result<(), Failure> {
    word.fetch_add(1, Ordering::Release);
    futex::wake(word, futex::Flags::empty(), 1)?;
    Ok(())
}

fn sleep_until_changed(word: &AtomicU32, from: u32) -> Result<(), Failure> {
    while word.load(Ordering::Acquire) == from {
        match futex::wait(word, futex::Flags::empty(), from, None) {
            Ok(()) | Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
