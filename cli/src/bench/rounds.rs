//! Rounds, as the first process measures them.

use super::bare::Way;
use super::peer::{Peer, wait};
use super::side::{Side, Stream, sum};
use super::{LARGE, plan};
use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// Nanoseconds for each of something, with the SDK and by hand.
#[derive(Clone, Copy)]
struct Pair {
    slotcast: f64,
    bare: f64,
    /// Whether something else ran on one of the two processors meanwhile.
    disturbed: bool,
}

/// What was measured of one thing.
pub(crate) struct Measure {
    /// What it is.
    pub(crate) name: &'static str,
    /// Nanoseconds one way; or for each message of a stream.
    pub(crate) slotcast: f64,
    /// The same by hand.
    pub(crate) bare: f64,
    /// The median of the rounds' ratios.
    pub(crate) ratio: f64,
    /// How many rounds count: those that were not disturbed; all, if each was.
    pub(crate) rounds: usize,
    /// Whether each round was disturbed by other work on the two processors.
    pub(crate) disturbed: bool,
}

impl Measure {
    fn of(name: &'static str, all: &[Pair]) -> Self {
        let calm: Vec<Pair> = all.iter().copied().filter(|pair| !pair.disturbed).collect();
        let counting = if calm.is_empty() { all } else { &calm };
        let median_of = |of: fn(&Pair) -> f64| median(counting.iter().map(of).collect());
        Self {
            name,
            slotcast: median_of(|pair| pair.slotcast),
            bare: median_of(|pair| pair.bare),
            ratio: median_of(|pair| pair.slotcast / pair.bare),
            rounds: counting.len(),
            disturbed: calm.is_empty(),
        }
    }
}

/// Runs rounds for `time`, at least one, until `is_stopped`. Returns what was measured:
/// nothing if it was stopped before anything was.
pub(crate) fn measure(peer: &Peer, time: Duration, is_stopped: impl Fn() -> bool) -> Result<Vec<Measure>> {
    let mut side = Side::new(&peer.domain(), peer.table, false)?;
    peer.wait_until_ready()?;
    let check = || match (is_stopped(), peer.has_ended()) {
        (true, _) => bail!("stopped"),
        (false, true) => bail!("the other process has ended; what it said is above"),
        (false, false) => Ok(()),
    };
    connect(&mut side, check)?;
    let (begin, mut rounds) = (Instant::now(), Vec::new());
    while rounds.len() <= plan::WARM_UP || begin.elapsed() < time {
        peer.begin_round()?;
        match round(&mut side, peer, &check) {
            Ok(pairs) => rounds.push(pairs),
            Err(_) if is_stopped() => break,
            Err(error) => return Err(error),
        }
    }
    let rounds = rounds.get(plan::WARM_UP..).unwrap_or_default();
    let names = ["one way, 64 bytes", "one way, 1 MiB", "stream, 64 bytes"];
    let all = |index: usize| rounds.iter().map(|pairs| pairs[index]).collect::<Vec<Pair>>();
    let measured = names.into_iter().enumerate().filter(|_| !rounds.is_empty());
    Ok(measured.map(|(index, name)| Measure::of(name, &all(index))).collect())
}

/// Waits until both processes have found each other.
fn connect(side: &mut Side, check: impl Fn() -> Result<()>) -> Result<()> {
    let step = Duration::from_millis(20);
    let Stream::Send(stream) = &mut side.stream else { bail!("this process does not send") };
    while !(side.small.0.wait_for_subscribers(1, step)?
        && side.small.1.wait_for_publishers(1, step)?
        && side.large.0.wait_for_subscribers(1, step)?
        && side.large.1.wait_for_publishers(1, step)?
        && stream.wait_for_subscribers(1, step)?)
    {
        check()?;
    }
    Ok(())
}

/// Runs one round, which the other process answers.
fn round(side: &mut Side, peer: &Peer, check: &impl Fn() -> Result<()>) -> Result<[Pair; 3]> {
    let mut observed = |part: &mut dyn FnMut(&mut Side) -> Result<(f64, f64)>| -> Result<Pair> {
        let before = peer.interruptions();
        let (slotcast, bare) = part(side)?;
        Ok(Pair { slotcast, bare, disturbed: peer.interruptions() != before })
    };
    Ok([
        observed(&mut |side| small(side, check))?,
        observed(&mut |side| large(side, check))?,
        observed(&mut |side| stream(side, check))?,
    ])
}

fn small(side: &mut Side, check: &impl Fn() -> Result<()>) -> Result<(f64, f64)> {
    let table = side.table;
    let bare = timed(2 * plan::SMALL_TRIPS, || {
        for _ in 0..plan::SMALL_TRIPS {
            side.numbers[0] += 1;
            table.put(Way::There, side.numbers[0], &[side.numbers[0]; 8]);
            wait(|| table.take(Way::Back, side.numbers[0]), check)?;
        }
        Ok(())
    })?;
    let slotcast = timed(2 * plan::SMALL_TRIPS, || {
        for number in 0..plan::SMALL_TRIPS {
            side.small.0.publish(&[number; 8])?;
            wait(|| side.small.1.try_recv().transpose(), check)??;
        }
        Ok(())
    })?;
    Ok((slotcast, bare))
}

fn large(side: &mut Side, check: &impl Fn() -> Result<()>) -> Result<(f64, f64)> {
    let (table, message) = (side.table, vec![7; LARGE / 8]);
    let bare = timed(2 * plan::LARGE_TRIPS, || {
        for _ in 0..plan::LARGE_TRIPS {
            side.numbers[1] += 1;
            table.put_large(Way::There, side.numbers[1], &message);
            wait(|| table.take_large(Way::Back, side.numbers[1], sum), check)?;
        }
        Ok(())
    })?;
    let slotcast = timed(2 * plan::LARGE_TRIPS, || {
        for _ in 0..plan::LARGE_TRIPS {
            side.send_large(&message)?;
            side.receive_large(check)?;
        }
        Ok(())
    })?;
    Ok((slotcast, bare))
}

fn stream(side: &mut Side, check: &impl Fn() -> Result<()>) -> Result<(f64, f64)> {
    let table = side.table;
    let bare = timed(plan::STREAM, || {
        for _ in 0..plan::STREAM {
            side.numbers[2] += 1;
            let words = [side.numbers[2]; 8];
            wait(|| table.push(side.numbers[2], &words), check)?;
        }
        Ok(())
    })?;
    let Stream::Send(stream) = &mut side.stream else { bail!("this process does not send") };
    let slotcast = timed(plan::STREAM, || {
        for number in 0..plan::STREAM {
            stream.publish(&[number; 8])?;
        }
        Ok(())
    })?;
    side.numbers[0] += 1;
    wait(|| table.take(Way::Back, side.numbers[0]), check)?;
    Ok((slotcast, bare))
}

/// Returns the nanoseconds that each of `count` parts of the work has taken.
fn timed(count: u64, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed().as_nanos() as f64 / count as f64)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
