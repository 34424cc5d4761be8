//! Schemas as source text of other languages, one file each. What is written compiles by itself,
//! and checks every size and offset where the language can.

mod c;
mod cpp;
mod cpp_described;
mod cpp_names;
mod json;
mod plain;
mod python;
mod rust;

use anyhow::Result;
use clap::ValueEnum;
use slotcast::dynamic::Layout;
use slotcast_record::{definitions, ros2};

/// A language in which a schema can be written.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// A struct with offsets, units and documentation, for people.
    #[default]
    Text,
    /// JSON, which other commands and programs read.
    Json,
    /// Rust, deriving to the same hash.
    Rust,
    /// C11, with static assertions.
    C,
    /// C++17, with static assertions.
    Cpp,
    /// Python: NumPy data types.
    Python,
    /// A ROS message definition.
    Rosmsg,
}

/// Returns the layout as text of a language, ending with a line break.
///
/// # Errors
/// When the layout cannot be expressed in the language.
pub(crate) fn render(layout: &Layout, language: Language) -> Result<String> {
    match language {
        Language::Text => Ok(plain::render(layout)),
        Language::Json => json::render(layout),
        Language::Rust => rust::render(layout),
        Language::C => Ok(c::render(layout)),
        Language::Cpp => Ok(cpp::render(layout)),
        Language::Python => Ok(python::render(layout)),
        Language::Rosmsg => Ok(ros2::text(layout, "")?),
    }
}
