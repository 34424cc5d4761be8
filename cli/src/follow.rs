//! Following topics: printing their messages as they come, and telling what happens to them.

use crate::context::Context;
use crate::exit::Outcome;
use crate::feed::{Feed, Next, Start};
use crate::output::tell;
use crate::pace::Pace;
use crate::printer::{Printer, View};
use crate::rates::Explainer;
use crate::signals::Signals;
use crate::topics::{self, TopicArgs, absent};
use anyhow::Result;
use slotcast::TopicName;
use slotcast::dynamic::Sample;
use slotcast::schema::InvalidValue;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How many messages of a topic are read before the others get their turn.
const TURN: u64 = 1000;
/// How often it is checked which topics match a pattern.
const MATCH_AGAIN: Duration = Duration::from_millis(200);
/// How often losses are told.
const TELL_LOSSES: Duration = Duration::from_secs(1);

/// When to end, and what to tell.
pub(crate) struct Limits {
    /// After how many messages to end.
    pub(crate) count: Option<u64>,
    /// Whether losses are told.
    pub(crate) tell_losses: bool,
}

/// Topics that are followed.
pub(crate) struct Follow<'a> {
    context: &'a Context,
    topics: TopicArgs,
    start: Start,
    printer: Printer,
    limits: Limits,
    signals: Signals,
    followed: Vec<Followed>,
    explainer: Explainer,
    match_at: Instant,
    /// What is not written yet.
    out: Vec<u8>,
    printed: u64,
}

/// One topic that is followed.
struct Followed {
    feed: Feed,
    view: Option<View>,
    /// When a message came for the last time.
    last: Instant,
    printed: u64,
    filtered: u64,
    invalid: u64,
    lost_told: u64,
    tell_losses_at: Instant,
}

impl<'a> Follow<'a> {
    /// Begins to follow topics; those that do not exist yet are waited for.
    ///
    /// # Errors
    /// When the domain cannot be read, or signals cannot be handled.
    pub(crate) fn new(
        context: &'a Context,
        topics: TopicArgs,
        start: Start,
        printer: Printer,
        limits: Limits,
    ) -> Result<Self> {
        let signals = Signals::handle()?;
        let (followed, out) = (Vec::new(), Vec::new());
        let match_at = Instant::now();
        let explainer = Explainer::default();
        let mut this =
            Self { context, topics, start, printer, limits, signals, followed, explainer, match_at, out, printed: 0 };
        let existing = topics::existing(context, this.topics.patterns())?;
        for pattern in this.topics.patterns() {
            if !existing.iter().any(|topic| pattern.matches(topic)) {
                tell!("waiting: {}", absent(pattern, &existing, context));
            }
        }
        this.match_topics(&existing);
        Ok(this)
    }

    /// Prints messages until it is stopped, or has printed as many as it should.
    ///
    /// # Errors
    /// When a topic cannot be read, or the output cannot be written.
    pub(crate) fn run(mut self) -> Result<Outcome> {
        let outcome = self.follow();
        self.flush()?;
        self.tell_losses(true);
        outcome
    }

    fn follow(&mut self) -> Result<Outcome> {
        let mut pace = Pace::new();
        let mut last = Instant::now();
        while !self.signals.is_stopped() {
            let now = Instant::now();
            let (mut fill, printed) = (0, self.printed);
            for index in 0..self.followed.len() {
                let found = self.read(index, now)?;
                fill = fill.max(found * 1000 / self.followed[index].feed.depth().max(1));
                if self.is_done() {
                    self.flush()?;
                    return Ok(Outcome::Done);
                }
            }
            self.flush()?;
            if self.printed > printed {
                last = now;
            }
            if let Some(timeout) = self.context.timeout.filter(|timeout| now.duration_since(last) >= *timeout) {
                self.explainer.finish();
                tell!("no message for {timeout:?}");
                return Ok(Outcome::No);
            }
            self.tell_losses(false);
            self.explainer.tell(self.context);
            if self.signals.wants_statistics() {
                self.print_statistics();
            }
            if now >= self.match_at {
                self.match_at = now + MATCH_AGAIN;
                if self.topics.single().is_none() {
                    let existing = self.context.observer().topics()?;
                    self.match_topics(&existing);
                }
            }
            self.signals.sleep(pace.after(fill));
        }
        Ok(Outcome::Done)
    }

    /// Follows topics that are not followed yet.
    fn match_topics(&mut self, existing: &[TopicName]) {
        for topic in self.topics.wanted(existing) {
            if self.followed.iter().all(|followed| *followed.feed.topic() != topic) {
                // Those that come later are followed from their first message on.
                let history = if existing.contains(&topic) { self.start.history } else { u64::MAX };
                self.followed.push(Followed::new(topic, Start { history, ..self.start }));
            }
        }
        self.start.history = u64::MAX;
    }

    /// Prints what a topic has now, and returns how many messages that were.
    fn read(&mut self, index: usize, now: Instant) -> Result<u64> {
        let mut found = 0;
        while found < TURN && !self.is_done() {
            let followed = &mut self.followed[index];
            match followed.feed.next(self.context, now)? {
                Next::None => break,
                Next::Opened(layout) => followed.view = Some(self.printer.view(&layout, &mut self.out)?),
                Next::Message(sample) => {
                    found += 1;
                    let printed = followed.printed;
                    followed.print(&self.printer, &sample, &mut self.out)?;
                    self.printed += followed.printed - printed;
                }
                Next::Error(error) => tell!("{error}"),
            }
        }
        let followed = &mut self.followed[index];
        if found > 0 {
            followed.last = now;
        }
        self.explainer.notice_topic(followed.feed.topic(), found > 0, now.duration_since(followed.last));
        Ok(found)
    }

    fn is_done(&self) -> bool {
        self.limits.count.is_some_and(|count| self.printed >= count)
    }

    fn flush(&mut self) -> Result<()> {
        if !self.out.is_empty() {
            let mut out = io::stdout().lock();
            out.write_all(&self.out)?;
            out.flush()?;
            self.out.clear();
        }
        Ok(())
    }

    fn tell_losses(&mut self, at_the_end: bool) {
        if self.limits.tell_losses {
            let now = Instant::now();
            self.followed.iter_mut().for_each(|followed| followed.tell_losses(now, at_the_end));
        }
    }

    fn print_statistics(&self) {
        for followed in &self.followed {
            let Followed { feed, printed, filtered, invalid, .. } = followed;
            tell!(
                "{}: {printed} printed, {filtered} filtered out, {} lost, {} skipped, {invalid} invalid",
                feed.topic(),
                feed.lost(),
                feed.skipped()
            );
        }
    }
}

impl Followed {
    fn new(topic: TopicName, start: Start) -> Self {
        let now = Instant::now();
        Self {
            feed: Feed::new(topic, start),
            view: None,
            last: now,
            printed: 0,
            filtered: 0,
            invalid: 0,
            lost_told: 0,
            tell_losses_at: now,
        }
    }

    /// Prints a message if the filter selects it. One that is not valid is told.
    fn print(&mut self, printer: &Printer, sample: &Sample, out: &mut Vec<u8>) -> Result<()> {
        let Some(view) = &mut self.view else { return Ok(()) };
        let before = out.len();
        let topic = self.feed.topic();
        match printer.print(topic, sample, view, out) {
            Ok(true) => self.printed += 1,
            Ok(false) => self.filtered += 1,
            Err(error) if error.is::<InvalidValue>() => {
                out.truncate(before);
                self.invalid += 1;
                let (sequence, publisher) = (sample.sequence(), sample.publisher());
                tell!("{topic}: message {sequence} of {publisher} is not valid: {error}");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn tell_losses(&mut self, now: Instant, at_the_end: bool) {
        let lost = self.feed.lost();
        if lost > self.lost_told && (at_the_end || now >= self.tell_losses_at) {
            let new = lost - self.lost_told;
            tell!("{}: {new} messages lost, {lost} in total", self.feed.topic());
            self.lost_told = lost;
            self.tell_losses_at = now + TELL_LOSSES;
        }
    }
}
