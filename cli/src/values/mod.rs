//! Messages as text: YAML, JSON and CSV, whole or shortened, and back.

pub(crate) mod assign;
pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod read;
pub(crate) mod shorten;
pub(crate) mod yaml;

mod summary;
