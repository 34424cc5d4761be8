//! `plot`: fields of messages as lines over time.

mod chart;
mod fields;
mod series;

pub(crate) use chart::{Chart, Then};
pub(crate) use fields::series;
