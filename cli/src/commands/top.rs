//! `top`: the topics on a screen, live.

use crate::context::Context;
use crate::exit::Outcome;
use crate::rates::{self, Detail, Watch};
use crate::screen::{Screen, Theme};
use crate::signals::Signals;
use crate::top::{App, Column, Then};
use crate::topics::TopicPattern;
use anyhow::Result;
use clap::Args;
use std::time::{Duration, Instant};

/// How often counters and the newest message are read.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Show the topics on a screen, live
///
/// The table has all topics with their rates, what subscribers have not read, and what they have
/// lost. Enter opens a pane with the endpoints and the newest message of the selected topic. The
/// key "?" shows what other keys do.
#[derive(Args)]
#[command(after_help = "Examples:
  slotcast top
  slotcast top --sort rate 'robot/**'")]
pub(crate) struct Top {
    /// Only these topics: names, or patterns such as 'robot/*/imu' [default: all]
    #[arg(value_name = "TOPIC")]
    topics: Vec<TopicPattern>,
    /// Seconds from one refresh to the next
    #[arg(short, long, value_name = "SECONDS", default_value = "1", value_parser = rates::positive_seconds)]
    interval: Duration,
    /// The column to sort by at first
    #[arg(long, value_enum, default_value_t)]
    sort: Column,
}

impl Top {
    /// Shows them until it is ended.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        Screen::check("use `slotcast stat`")?;
        let signals = Signals::handle()?;
        let mut watch = Watch::new(context, self.topics, Detail::Counts);
        let mut app = App::new(context.domain.path().display().to_string(), self.sort);
        let mut screen = Screen::enter()?;
        let theme = Theme::of_environment();
        let start = Instant::now();
        watch.poll()?;
        app.refresh(&mut watch, Duration::ZERO);
        let mut before = Instant::now();
        let mut wants_statistics = false;
        let mut has_changed = true;
        while !signals.is_stopped() {
            watch.poll()?;
            if before.elapsed() >= self.interval {
                app.refresh(&mut watch, before.elapsed());
                before = Instant::now();
                has_changed = true;
            }
            has_changed |= app.read_newest(&watch);
            if has_changed {
                screen.draw(|frame| app.draw(frame, theme))?;
            }
            wants_statistics |= signals.wants_statistics();
            let input = screen.input(POLL_INTERVAL)?;
            has_changed = input.is_some();
            if input.is_some_and(|input| app.input(input) == Then::Quit) {
                break;
            }
        }
        drop(screen);
        wants_statistics |= signals.wants_statistics();
        if wants_statistics {
            rates::print_statistics(&watch, start.elapsed())?; // not before: the screen is in the way
        }
        Ok(Outcome::Done)
    }
}
