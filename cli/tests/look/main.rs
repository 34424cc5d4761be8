//! Runs the tool on topics that are published here, on those of processes that die, and on regions.

mod messages;
#[path = "../../../tests/src/temp_region.rs"]
#[allow(unreachable_pub, unfulfilled_lint_expectations, reason = "it is the module of a library, too")]
mod temp_region;
mod tool;

mod echo;
mod echo_ends;
mod events;
mod on_a_terminal;
mod params;
mod publish;
mod region;
mod round_trip;
mod services;
mod topics;
