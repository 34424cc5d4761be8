//! Endpoints as text.

use super::{Endpoint, Publisher, Subscriber};
use crate::output::{FAINT, PROBLEM};
use crate::rates::units;
use slotcast::registry::{Pages, Qos};
use std::io::{Result, Write};
use std::time::Duration;

/// Prints a publisher in two lines.
pub(crate) fn publisher(out: &mut impl Write, endpoint: &Endpoint<Publisher>) -> Result<()> {
    title(out, endpoint, "publisher")?;
    let mut parts = Vec::new();
    if let Some(rate) = endpoint.details.rate_hz {
        parts.push(hertz(rate));
    }
    if let Some(published) = endpoint.details.published {
        parts.push(format!("{published} published"));
    }
    rest(out, endpoint, parts)
}

/// Prints a subscriber in two lines.
pub(crate) fn subscriber(out: &mut impl Write, endpoint: &Endpoint<Subscriber>) -> Result<()> {
    title(out, endpoint, "subscriber")?;
    let Subscriber { received, lost, skipped, behind, held, max_held } = &endpoint.details;
    let mut parts = Vec::new();
    for (number, what) in [(received, "received"), (lost, "lost"), (skipped, "skipped"), (behind, "behind")] {
        // What is usually 0 is of interest only if it is not.
        if let Some(number) = number.filter(|&number| number > 0 || matches!(what, "received" | "lost")) {
            parts.push(format!("{number} {what}"));
        }
    }
    if let (Some(held), Some(max @ 1..)) = (held, max_held) {
        parts.push(format!("holds {held} of {max} samples"));
    }
    rest(out, endpoint, parts)
}

fn title<D>(out: &mut impl Write, endpoint: &Endpoint<D>, role: &str) -> Result<()> {
    write!(out, "  {role} {}", endpoint.title())?;
    match endpoint.state {
        "running" | "alive" => writeln!(out),
        state => writeln!(out, ", {PROBLEM}{state}{PROBLEM:#}"),
    }
}

fn rest<D>(out: &mut impl Write, endpoint: &Endpoint<D>, mut parts: Vec<String>) -> Result<()> {
    if let Some(error) = &endpoint.error {
        return writeln!(out, "      {PROBLEM}{error}{PROBLEM:#}");
    }
    if !endpoint.alive {
        return Ok(());
    }
    if let Some(qos) = &endpoint.qos {
        parts.extend(settings(qos));
    }
    if let (Some(memory), Some(limit)) = (endpoint.memory_bytes, endpoint.memory_limit_bytes) {
        parts.push(format!("memory {} of up to {}", units::bytes(memory), units::bytes(limit)));
    }
    writeln!(out, "      {FAINT}{}{FAINT:#}", parts.join(", "))
}

/// Returns how an endpoint was configured, where that is not as usual.
fn settings(qos: &Qos) -> Vec<String> {
    let mut parts = Vec::new();
    if qos.depth > 0 {
        parts.push(format!("depth {}", qos.depth));
    }
    if qos.history > 0 {
        parts.push(format!("history {}", qos.history));
    }
    if qos.alive_every_ns > 0 {
        parts.push(format!("alive every {:?}", Duration::from_nanos(qos.alive_every_ns)));
    }
    match qos.pages {
        Pages::Huge => parts.push("huge pages".to_owned()),
        Pages::Transparent => parts.push("huge pages where available".to_owned()),
        _ => {}
    }
    let flags = [
        (qos.exclusive, "exclusive"),
        (qos.timestamps, "timestamps"),
        (qos.lossless, "lossless"),
        (qos.latest, "latest"),
    ];
    parts.extend(flags.into_iter().filter(|flag| flag.0).map(|flag| flag.1.to_owned()));
    parts
}

/// Returns a rate that was measured.
pub(crate) fn hertz(rate: f64) -> String {
    if rate <= 0.0 {
        return "0 Hz".to_owned();
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and it saturates")]
    let millions = (rate * 1e6).round() as u64;
    units::rate(millions, Duration::from_secs(1_000_000))
}
