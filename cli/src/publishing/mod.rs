//! Publishing values that are given as text.

mod ending;
mod source;

pub(crate) use ending::Ending;
pub(crate) use source::Source;

use crate::context::Context;
use crate::exit::{NotFound, Outcome};
use crate::fields;
use crate::near;
use crate::output::{self, tell};
use crate::overview;
use crate::schemas;
use crate::signals::Signals;
use crate::values::yaml;
use anyhow::{Context as _, Result, anyhow};
use slotcast::TopicName;
use slotcast::dynamic::{EncodeError, EncodeErrorKind, Layout, PublishError, Publisher, PublisherBuilder, Value};
use source::{Given, Values};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a subscriber that was promised all may be behind until it is an error.
const LAG: Duration = Duration::from_secs(5);
/// How long to wait at once, so that signals are noticed.
const SLICE: Duration = Duration::from_millis(50);
/// How often a value is published by default.
const PERIOD: Duration = Duration::from_secs(1);

/// A publisher of values.
pub(crate) struct Publishing<'a> {
    context: &'a Context,
    publisher: Publisher,
    signals: Signals,
    print: Option<u64>,
    published: u64,
    message: Vec<u8>,
}

impl<'a> Publishing<'a> {
    /// Returns the layout of what is published on a topic: that of a file, or of an endpoint.
    ///
    /// # Errors
    /// When the file cannot be used; [`NotFound`] when no endpoint is there.
    pub(crate) fn layout(context: &Context, topic: &TopicName, file: Option<&Path>) -> Result<Layout> {
        match file {
            Some(file) => schemas::of_file(file),
            None => overview::layout(context, topic)?.ok_or_else(|| {
                let text = format!(
                    "topic \"{topic}\" has no publisher and no subscriber, so the type of its messages is not known: \
                     name a file with --schema"
                );
                NotFound(text).into()
            }),
        }
    }

    /// Creates the publisher.
    ///
    /// # Errors
    /// When it cannot be created, or signals cannot be handled.
    pub(crate) fn new(context: &'a Context, builder: PublisherBuilder, print: Option<u64>) -> Result<Self> {
        let signals = Signals::handle()?;
        let publisher = builder.lossless(LAG).create().map_err(|error| anyhow!("{error}"))?;
        Ok(Self { context, publisher, signals, print, published: 0, message: Vec::new() })
    }

    /// Publishes what `source` gives, one message each `period`.
    ///
    /// # Errors
    /// When a value cannot be read or is not one of the layout, or publishing fails.
    pub(crate) fn run(
        mut self,
        source: Source,
        period: Option<Duration>,
        wait_for: Option<usize>,
        ending: Ending,
    ) -> Result<Outcome> {
        let period = period.or(matches!(source, Source::Value(_)).then_some(PERIOD));
        let mut values = Values::open(source)?;
        // Before anybody waits: a value that is wrong is told at once.
        if let Some(value) = values.fixed() {
            self.encode(value)?;
        }
        if let Some(count) = wait_for
            && !self.wait_for(count)?
        {
            return Ok(if self.signals.is_stopped() { Outcome::Done } else { Outcome::No });
        }
        let mut next = Instant::now();
        while !self.signals.is_stopped() && ending.times.is_none_or(|times| self.published < times) {
            match values.next(SLICE)? {
                Given::Value(value) => self.publish(&value)?,
                Given::NothingYet => {
                    self.print_statistics();
                    continue;
                }
                Given::End => break,
            }
            if let Some(period) = period.filter(|_| ending.times != Some(self.published)) {
                next = (next + period).max(Instant::now());
                self.sleep_until(next);
            }
            self.print_statistics();
        }
        ending.end(self.publisher, &self.signals)
    }

    /// Waits for subscribers, and returns whether they are there.
    fn wait_for(&mut self, count: usize) -> Result<bool> {
        let start = Instant::now();
        while !self.signals.is_stopped() {
            if self.publisher.wait_for_subscribers(count, SLICE)? {
                return Ok(true);
            }
            if let Some(timeout) = self.context.timeout.filter(|timeout| start.elapsed() >= *timeout) {
                let there = self.publisher.subscribers()?.len();
                let there = output::count(there, "subscriber");
                tell!(
                    "{} has {there} after {timeout:?}, and {count} were asked for with --wait-for",
                    self.publisher.topic()
                );
                return Ok(false);
            }
        }
        Ok(false)
    }

    fn sleep_until(&self, until: Instant) {
        while !self.signals.is_stopped() && Instant::now() < until {
            self.print_statistics();
            self.signals.sleep_until(until);
        }
    }

    /// Prints statistics if they were asked for.
    fn print_statistics(&self) {
        if self.signals.wants_statistics() {
            tell!("{}: {} messages published", self.publisher.topic(), self.published);
        }
    }

    fn publish(&mut self, value: &Value) -> Result<()> {
        self.encode(value)?;
        self.publisher.publish_bytes(&self.message).map_err(|error| match error {
            PublishError::Bytes(invalid) => anyhow!("{invalid}; a field that is not given is zero"),
            error => anyhow!("{error}"),
        })?;
        self.published += 1;
        if self.print.is_some_and(|every| self.published.is_multiple_of(every)) {
            let mut out = Vec::new();
            writeln!(out, "# {}", self.published)?;
            yaml::write(&mut out, &self.publisher.layout().decode(&self.message)?, true)?;
            out.extend(b"---\n");
            io::stdout().lock().write_all(&out)?;
        }
        Ok(())
    }

    /// Encodes a message. Fields that it lacks are zero, unless it is of variable size.
    fn encode(&mut self, value: &Value) -> Result<()> {
        let layout = self.publisher.layout();
        let result = if layout.is_variable() {
            layout.encode(value).map(|message| self.message = message)
        } else {
            self.message.clear();
            self.message.resize(layout.size(), 0);
            layout.encode_over(value, &mut self.message)
        };
        result.map_err(|error| suggest(&error, layout)).context("the message cannot be published")
    }
}

/// Adds the nearest field to the error about one that does not exist.
fn suggest(error: &EncodeError, layout: &Layout) -> anyhow::Error {
    let parts = fields::parts(layout.schema());
    match near::nearest(&error.path, parts.iter().map(String::as_str)).as_slice() {
        nearest @ [_, ..] if error.kind == EncodeErrorKind::Unknown => {
            anyhow!("{error}; did you mean {}?", near::alternatives(nearest))
        }
        _ => anyhow!("{error}"),
    }
}
