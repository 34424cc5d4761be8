//! Large messages and messages of variable size, in place: between processes, and whoever dies or lies.

mod checked_rubbish;
mod copies;
mod copy_limits;
mod growth;
mod limits;
mod loans;
mod lossy_short;
mod memory;
mod memory_rubbish;
mod messages;
mod pins;
mod placement;
mod progress;
mod refusals;
mod rubbish;
mod scene;
mod shown_rubbish;
mod sizes;
mod slice_rubbish;
mod slices;
mod storm;
mod writing;
