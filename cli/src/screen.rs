//! The terminal as a screen, for commands that draw.

use anyhow::{Context as _, Result, bail};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::style::{Color, Modifier, Style};
use ratatui::{DefaultTerminal, Frame};
use rustix::fs::{Mode, OFlags};
use std::io::{self, IsTerminal};
use std::time::Duration;

/// The terminal, until this is dropped, or the process panics: then it is as it was before.
pub(crate) struct Screen {
    terminal: DefaultTerminal,
}

/// What someone at the terminal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A key was pressed.
    Key(KeyCode),
    /// Ctrl-C was pressed.
    Interrupt,
    /// The terminal has another size now.
    Resize,
}

impl Screen {
    /// Checks that there is a terminal. `instead` says what to use without one.
    ///
    /// # Errors
    /// When standard input and output are not a terminal.
    pub(crate) fn check(instead: &str) -> Result<()> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            bail!("this draws on a terminal, and standard input and output are not one: {instead}");
        }
        Ok(())
    }

    /// Takes over the terminal.
    ///
    /// # Errors
    /// When it does not do what it is told.
    pub(crate) fn enter() -> Result<Self> {
        // Where that is not possible, only half a key can hold it up.
        let _ = read_without_waiting();
        // It also has panics restore the terminal before their text is printed.
        Ok(Self { terminal: ratatui::try_init().context("cannot draw on this terminal")? })
    }

    /// Draws all of it.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub(crate) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<()> {
        self.terminal.draw(draw).context("cannot draw on this terminal")?;
        Ok(())
    }

    /// Waits for input, up to `time`.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub(crate) fn input(&self, time: Duration) -> Result<Option<Input>> {
        input(time)
    }
}

/// Waits for input of the terminal, up to `time`. Lines are not waited for if it has been told so.
///
/// # Errors
/// When the terminal has gone.
pub(crate) fn input(time: Duration) -> Result<Option<Input>> {
    let read = || -> io::Result<Option<Input>> {
        if !event::poll(time)? {
            return Ok(None);
        }
        Ok(match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => Some(of_key(key)),
            Event::Resize(..) => Some(Input::Resize),
            _ => None,
        })
    };
    match read() {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        result => result.context("cannot read from this terminal"),
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Has keys be read without waiting: the rest of half a key, such as that of an escape sequence,
/// may never come. The terminal is opened anew for that, because other processes share what
/// standard input was.
pub(crate) fn read_without_waiting() -> io::Result<()> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let terminal = rustix::fs::open("/proc/self/fd/0", flags, Mode::empty())?;
    Ok(rustix::stdio::dup2_stdin(terminal)?)
}

fn of_key(key: KeyEvent) -> Input {
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Input::Interrupt,
        code => Input::Key(code),
    }
}

/// The styles of a screen. Without colour it differs by bold, reversed and underlined text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    has_colors: bool,
}

/// The colours of lines in a chart.
const SERIES: [Color; 6] = [Color::Cyan, Color::Yellow, Color::Magenta, Color::Green, Color::Red, Color::Blue];

impl Theme {
    /// Returns that of this terminal: without colour if the variable `NO_COLOR` is not empty.
    pub(crate) fn of_environment() -> Self {
        Self { has_colors: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
    }

    /// Returns whether it has colours.
    pub(crate) fn has_colors(self) -> bool {
        self.has_colors
    }

    fn colored(self, style: Style, color: Color) -> Style {
        if self.has_colors { style.fg(color) } else { style }
    }

    /// Returns the style of titles.
    pub(crate) fn title(self) -> Style {
        self.colored(Style::new().add_modifier(Modifier::BOLD), Color::Cyan)
    }

    /// Returns the style of what is selected.
    pub(crate) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Returns the style of what is wrong.
    pub(crate) fn problem(self) -> Style {
        self.colored(Style::new().add_modifier(Modifier::BOLD), Color::Red)
    }

    /// Returns the style of what matters less.
    pub(crate) fn faint(self) -> Style {
        if self.has_colors { Style::new().fg(Color::DarkGray) } else { Style::new() }
    }

    /// Returns the style of a line in a chart.
    pub(crate) fn series(self, index: usize) -> Style {
        self.colored(Style::new(), SERIES[index % SERIES.len()])
    }
}
