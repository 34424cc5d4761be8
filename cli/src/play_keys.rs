//! The keys of `play --paused`.

use crate::screen::{self, Input};
use crate::signals::Signals;
use anyhow::{Context as _, Result, bail};
use crossterm::event::KeyCode;
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use slotcast_record::Flow;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How long to wait for a key before signals are looked at.
const SLICE: Duration = Duration::from_millis(50);
/// Keys are waited for in milliseconds. Below this, only the time is.
const EXACT: Duration = Duration::from_millis(2);

const HELP: &str = "space: go on or pause, s: step, + and -: faster and slower, q: quit";

/// The keyboard, until this is dropped: then the terminal is as it was before.
pub(crate) struct Keys<'a> {
    signals: &'a Signals,
    is_paused: bool,
    rate: f64,
}

impl<'a> Keys<'a> {
    /// Has keys come one by one.
    ///
    /// # Errors
    /// When standard input is not a terminal.
    pub(crate) fn enter(signals: &'a Signals, rate: f64) -> Result<Self> {
        if !io::stdin().is_terminal() {
            bail!("`--paused` needs keys, and standard input is not a terminal: leave it out, or use `--wait-for`");
        }
        // Where that is not possible, only half a key can hold it up.
        let _ = screen::read_without_waiting();
        enable_raw_mode().context("this terminal does not send keys one by one")?;
        let keys = Self { signals, is_paused: true, rate };
        keys.show();
        Ok(keys)
    }

    /// Waits until a message is due, or a key is pressed, and returns how to go on.
    pub(crate) fn wait(&mut self, until: Instant) -> Flow {
        loop {
            if self.signals.is_stopped() {
                return Flow::Stop;
            }
            let left = until.saturating_duration_since(Instant::now());
            let time = if left < EXACT { Duration::ZERO } else { left.min(SLICE) };
            match screen::input(time) {
                Ok(Some(input)) => {
                    if let Some(flow) = self.flow(input) {
                        return flow;
                    }
                }
                Ok(None) if left < EXACT => {
                    self.signals.sleep_until(until);
                    return if self.signals.is_stopped() { Flow::Stop } else { Flow::GoOn };
                }
                Ok(None) => {}
                Err(_) => return Flow::Stop, // the terminal has gone
            }
        }
    }

    fn flow(&mut self, input: Input) -> Option<Flow> {
        let flow = match input {
            Input::Interrupt | Input::Key(KeyCode::Char('q') | KeyCode::Esc) => return Some(Flow::Stop),
            Input::Key(KeyCode::Char('s') | KeyCode::Right) if self.is_paused => return Some(Flow::GoOn),
            Input::Key(KeyCode::Char(' ')) => {
                self.is_paused = !self.is_paused;
                if self.is_paused { Flow::Pause } else { Flow::Resume }
            }
            Input::Key(KeyCode::Char('+' | '=') | KeyCode::Up) if self.rate.is_finite() => self.at_rate(2.0),
            Input::Key(KeyCode::Char('-') | KeyCode::Down) if self.rate.is_finite() => self.at_rate(0.5),
            _ => return None,
        };
        self.show();
        Some(flow)
    }

    fn at_rate(&mut self, factor: f64) -> Flow {
        self.rate = (self.rate * factor).clamp(0.001, 1000.0);
        Flow::Rate(self.rate)
    }

    /// Writes what is going on over the line.
    fn show(&self) {
        let state = if self.is_paused { "paused" } else { "playing" };
        let rate = if self.rate.is_finite() { format!(" at {}x", self.rate) } else { String::new() };
        // If nobody reads it, the keys work.
        let _ = write!(io::stderr(), "\r\x1b[K{state}{rate}; {HELP}");
    }
}

impl Drop for Keys<'_> {
    fn drop(&mut self) {
        let _ = write!(io::stderr(), "\r\x1b[K");
        let _ = disable_raw_mode();
    }
}
