//! Coming to a topic on which others are: what one more endpoint costs itself, and what it costs a subscriber
//! that notices it.

use crate::cli::Arguments;
use crate::message::{self, Small};
use crate::report::Row;
use slotcast::{CreateError, Domain, Publisher, Subscriber};
use slotcast_benches::Place;
use std::error::Error;
use std::time::Instant;

/// How many endpoints are there already, of either kind.
const CROWDS: [(usize, usize); 3] = [(1, 1), (1, 499), (499, 1)];

/// Microseconds of one coming.
#[derive(Clone, Copy)]
struct Coming {
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
        let comings = (0..arguments.rounds(12))
            .map(|_| coming(&place, &mut witness))
            .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
        let among = format!("publishers: {publishers}, subscribers: {subscribers}");
        let row =
            |what: &str, of: fn(&Coming) -> f64| Row::of(&format!("{what}\n{among}"), "µs", comings.iter().map(of));
        rows.push(row("one more publisher", |coming| coming.publisher));
        rows.push(row("one more subscriber", |coming| coming.subscriber));
        rows.push(row("try_recv that finds a publisher come", |coming| coming.notice));
        drop((crowd, others));
    }
    Ok(rows)
}

/// A publisher comes, is noticed, and goes; and so does a subscriber.
fn coming(domain: &Domain, witness: &mut Subscriber<Small>) -> Result<Coming, Box<dyn Error>> {
    let (publisher, mut come) = timed(|| publisher(domain))?;
    come.publish(&message::of(0))?;
    let (notice, sample) = timed(|| witness.try_recv())?;
    let sample = sample.ok_or("the message is not there")?;
    message::check(&sample, 0);
    drop(come);
    assert!(witness.try_recv()?.is_none(), "one message was published");
    let (subscriber, come) = timed(|| subscriber(domain))?;
    drop(come);
    Ok(Coming { publisher, notice, subscriber })
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

/// Some thousand descriptors are needed, and the limit that a shell sets is often a thousand.
fn raise_limit() -> Result<(), Box<dyn Error>> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}
