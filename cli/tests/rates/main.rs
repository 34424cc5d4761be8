//! Rates, losses and lag, as the tool tells them of real publishers and subscribers.

mod counts;
mod export;
mod readers;
mod stat;
mod tool;
