//! How results are printed.

use clap::ValueEnum;

/// For people, or for programs.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people; may change.
    #[default]
    Text,
    /// JSON; described in the book, and stable.
    Json,
}
