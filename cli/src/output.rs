//! How results are printed.

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use std::io::{self, StdoutLock};

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

/// Returns "1 publisher", "2 publishers".
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
