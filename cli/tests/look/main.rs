//! Runs the tool on topics that are published here, and on those of processes that die.

mod messages;
mod tool;

mod echo;
mod echo_ends;
mod on_a_terminal;
mod publish;
mod round_trip;
mod topics;
