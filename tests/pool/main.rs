//! Large messages and messages of variable size, in place: between processes that die, stop or lie.

mod copies;
mod copy_limits;
mod corrupt;
mod corrupt_checked;
mod corrupt_memory;
mod corrupt_partial;
mod corrupt_slices;
mod economy;
mod growth;
mod headers;
mod limits;
mod loans;
mod lossy_short;
mod make_room;
mod memory;
mod messages;
mod pins;
mod placement;
mod progress;
mod refusals;
mod scene;
mod sizes;
mod slices;
mod storm;
mod trusted;
mod writing;
