//! What the benches share. The benches are in the folders beside this one: `handover` and `parts`.

mod alone;
pub mod cpus;
pub mod figures;
mod place;

pub use alone::{build_alone, is_built_with_tests};
pub use place::Place;
