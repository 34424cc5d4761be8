//! Joining a topic that others have joined: what one more endpoint costs itself, and what it costs
//! a subscriber that notices it.

use crate::cli::Arguments;
use crate::message::{self, Small};
use crate::report::Row;
use slotcast::{CreateError, Domain, Publisher, Subscriber};
use slotcast_benches::Place;
use std::error::Error;
use std::time::Instant;

/// How many publishers and subscribers have joined before.
const CROWDS: [(usize, usize); 3] = [(1, 1), (1, 499), (499, 1)];

/// What one arrival costs, in microseconds.
#[derive(Clone, Copy)]
struct Arrival {
    publisher: f64,
    notice: f64,
    subscriber: f64,
}

pub(crate) fn measure(arguments: &Arguments) -> Result<Vec<Row>, Box<dyn Error>> {
    raise_limit()?;
    let mut rows = Vec::new();
    for (publishers, subscribers) in CROWDS {
        let scale = if arguments.is_quick() { 10 } else { 1 };
        let (publishers, subscribers) = (publishers.div_ceil(scale), subscribers.div_ceil(scale));
        let place = Place::new()?;
        let crowd: Vec<Subscriber<Small>> = (1..subscribers).map(|_| subscriber(&place)).collect::<Result<_, _>>()?;
        let mut witness = subscriber(&place)?;
        let others: Vec<Publisher<Small>> = (0..publishers).map(|_| publisher(&place)).collect::<Result<_, _>>()?;
        assert!(witness.try_recv()?.is_none(), "nothing is published yet");
        let arrivals = (0..arguments.rounds(12))
            .map(|_| arrival(&place, &mut witness))
            .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
        let among = format!("publishers: {publishers}, subscribers: {subscribers}");
        let row =
            |what: &str, of: fn(&Arrival) -> f64| Row::of(&format!("{what}\n{among}"), "µs", arrivals.iter().map(of));
        rows.push(row("one more publisher", |arrival| arrival.publisher));
        rows.push(row("one more subscriber", |arrival| arrival.subscriber));
        rows.push(row("try_recv that finds a publisher come", |arrival| arrival.notice));
        drop((crowd, others));
    }
    Ok(rows)
}

/// A publisher joins, is noticed, and leaves; and so does a subscriber.
fn arrival(domain: &Domain, witness: &mut Subscriber<Small>) -> Result<Arrival, Box<dyn Error>> {
    let (publisher, mut come) = timed(|| publisher(domain))?;
    come.publish(&message::of(0))?;
    let (notice, sample) = timed(|| witness.try_recv())?;
    let sample = sample.ok_or("the message is not available")?;
    message::check(&sample, 0);
    drop(come);
    assert!(witness.try_recv()?.is_none(), "one message was published");
    let (subscriber, come) = timed(|| subscriber(domain))?;
    drop(come);
    Ok(Arrival { publisher, notice, subscriber })
}

fn timed<R, E>(work: impl FnOnce() -> Result<R, E>) -> Result<(f64, R), E> {
    let begin = Instant::now();
    let result = work()?;
    Ok((begin.elapsed().as_nanos() as f64 / 1e3, result))
}

fn publisher(domain: &Domain) -> Result<Publisher<Small>, CreateError> {
    Publisher::builder("join").domain(domain).create()
}

fn subscriber(domain: &Domain) -> Result<Subscriber<Small>, CreateError> {
    Subscriber::builder("join").domain(domain).create()
}

/// Some thousand descriptors are needed, and a shell often sets the limit to a thousand.
fn raise_limit() -> Result<(), Box<dyn Error>> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}
