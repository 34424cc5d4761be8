//! `top`: the topics on a screen, live.

mod app;
mod columns;
mod detail;
mod draw;
mod newest;

pub(crate) use app::{App, Then};
pub(crate) use columns::Column;
