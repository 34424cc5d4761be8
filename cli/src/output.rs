//! How results are printed.

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use std::io::{self, StdoutLock, Write};

/// For people, or for programs.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people; may change.
    #[default]
    Text,
    /// JSON; described in the book, and stable.
    Json,
}

/// Of headings.
pub(crate) const HEADING: Style = Style::new().bold();
/// Of what is less important.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// Of problems.
pub(crate) const PROBLEM: Style = AnsiColor::Yellow.on_default();

/// Returns the standard output, which shows colours only on terminals that have them.
pub(crate) fn stdout() -> AutoStream<StdoutLock<'static>> {
    AutoStream::auto(io::stdout().lock())
}

/// Prints a line on the standard error, at once and as a whole. That nobody can read it is no
/// error.
macro_rules! tell {
    ($($part:tt)*) => {
        $crate::output::write_error(&format!("slotcast: {}\n", format_args!($($part)*)))
    };
}

pub(crate) use tell;

/// For `tell!`.
pub(crate) fn write_error(line: &str) {
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Does the same for numbers of messages and the like.
pub(crate) fn count_u64(number: u64, what: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), what)
}

/// Returns "1 publisher", "2 publishers".
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
