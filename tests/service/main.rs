//! Services between processes.

mod calls;
mod ends;
mod refusals;
