//! Services between processes.

mod calls;
mod ends;
mod hostile;
mod refusals;
mod shapes;
mod threads;
mod waiting;
