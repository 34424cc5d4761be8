//! Services between processes.

mod calls;
mod ends;
mod refusals;
mod shapes;
mod threads;
mod waiting;
