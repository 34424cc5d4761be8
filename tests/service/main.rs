//! Services between processes.

mod calls;
mod ends;
mod hostile;
mod kill_points;
mod refusals;
mod shapes;
mod storm;
mod threads;
mod waiting;
