//! Rates, losses and lag, as the tool tells them of real publishers and subscribers.

mod counts;
mod export;
mod forms;
mod plot;
mod readers;
mod stat;
mod terminal;
mod tool;
mod top;
