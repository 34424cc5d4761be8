//! `plot`: fields of messages as lines over time.

use crate::context::Context;
use crate::exit::Outcome;
use crate::feed::{Feed, Next, Start};
use crate::fields;
use crate::output::tell;
use crate::plot::{Chart, Then, series};
use crate::rates;
use crate::screen::{Screen, Theme};
use crate::signals::Signals;
use crate::topics::{TopicPattern, absent, existing};
use anyhow::{Result, bail};
use clap::Args;
use slotcast::TopicName;
use slotcast::dynamic::Layout;
use std::time::{Duration, Instant};

/// How often messages are read, and the chart is drawn.
const REDRAW: Duration = Duration::from_millis(50);
/// How long messages are read before the chart is drawn again.
const READ: Duration = Duration::from_millis(30);
/// How often it is checked whether the first message has come.
const WAIT: Duration = Duration::from_millis(20);

/// Draw fields of messages as lines over time
///
/// Fields are paths such as `pose.x` or `wheels[2].speed`. A field that has parts stands for all
/// numbers in it. Values are drawn at the time of publishing, if messages carry it; otherwise at
/// the time at which they were read. Every message is read: if they come faster than that, the
/// chart says how many were lost. Peaks are drawn however short they are.
#[derive(Args)]
#[command(after_help = "Examples:
  slotcast plot robot/imu acceleration
  slotcast plot robot/speed
  slotcast plot robot/wheels wheels[0].speed wheels[1].speed --seconds 60")]
pub(crate) struct Plot {
    /// The topic
    topic: TopicPattern,
    /// The fields [default: all numbers]
    #[arg(value_name = "FIELD")]
    fields: Vec<String>,
    /// How much time the chart shows, in seconds
    #[arg(short, long, default_value = "10", value_parser = rates::positive_seconds)]
    seconds: Duration,
    /// The value at the bottom [default: the least]
    #[arg(long, allow_hyphen_values = true, value_parser = finite)]
    min: Option<f64>,
    /// The value at the top [default: the greatest]
    #[arg(long, allow_hyphen_values = true, value_parser = finite)]
    max: Option<f64>,
}

impl Plot {
    /// Draws until it is ended.
    pub(crate) fn run(mut self, context: &Context) -> Result<Outcome> {
        if self.fields.is_empty() {
            self.fields.push(String::new()); // the path of the message itself
        }
        let TopicPattern::Name(topic) = &self.topic else {
            bail!("this draws one topic, and `{}` is a pattern", self.topic)
        };
        if let (Some(min), Some(max)) = (self.min, self.max)
            && min >= max
        {
            bail!("the value at the bottom, {min}, must be less than that at the top, {max}");
        }
        Screen::check("use `slotcast echo --field`")?;
        let signals = Signals::handle()?;
        let mut source = Source::new(topic.clone());
        let mut chart = Chart::new(topic.to_string(), self.seconds.as_secs_f64(), (self.min, self.max));
        // Errors about fields are told before the screen is taken over.
        self.announce_absent(context)?;
        let start = Instant::now();
        while chart.series.is_empty() && !signals.is_stopped() {
            source.read(context, &self.fields, &mut chart)?;
            if context.timeout.is_some_and(|timeout| start.elapsed() >= timeout) {
                tell!("no message of {topic} has come for {:?}", start.elapsed());
                return Ok(Outcome::No);
            }
            signals.sleep(WAIT);
        }
        if !signals.is_stopped() {
            self.draw(context, &signals, &mut source, &mut chart)?;
        }
        if signals.wants_statistics() {
            tell!("{topic}: {} messages were read, {} lost", source.read, chart.lost);
        }
        Ok(Outcome::Done)
    }

    fn announce_absent(&self, context: &Context) -> Result<()> {
        let existing = existing(context, std::slice::from_ref(&self.topic))?;
        if !existing.iter().any(|topic| self.topic.matches(topic)) {
            tell!("waiting: {}", absent(&self.topic, &existing, context));
        }
        Ok(())
    }

    fn draw(&self, context: &Context, signals: &Signals, source: &mut Source, chart: &mut Chart) -> Result<()> {
        let mut screen = Screen::enter()?;
        let theme = Theme::of_environment();
        while !signals.is_stopped() {
            source.read(context, &self.fields, chart)?;
            screen.draw(|frame| chart.draw(frame, theme))?;
            if let Some(input) = screen.input(REDRAW)?
                && chart.input(input) == Then::Quit
            {
                break;
            }
        }
        Ok(())
    }
}

/// Where the messages come from.
struct Source {
    feed: Feed,
    layout: Option<Layout>,
    /// How many messages were read.
    read: u64,
}

impl Source {
    fn new(topic: TopicName) -> Self {
        let start = Start { history: 1, latest: false };
        Self { feed: Feed::new(topic, start), layout: None, read: 0 }
    }

    /// Adds the messages to the chart that have come: as many as can be read in a moment. The first
    /// message of a layout shows which fields are numbers.
    fn read(&mut self, context: &Context, paths: &[String], chart: &mut Chart) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < READ {
            match self.feed.next(context, start)? {
                Next::None => break,
                Next::Opened(layout) => {
                    paths.iter().try_for_each(|path| fields::find(&layout, path).map(drop))?;
                    self.layout = Some(layout);
                }
                Next::Message(message) => {
                    if let Some(layout) = self.layout.take() {
                        chart.series = series(&layout, paths, &message)?;
                    }
                    chart.add(&message);
                    chart.problem = None;
                    self.read += 1;
                }
                Next::Error(error) => chart.problem = Some(error.to_string()),
            }
        }
        chart.lost = self.feed.lost();
        Ok(())
    }
}

fn finite(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| format!("`{text}` is not a number"))
}
