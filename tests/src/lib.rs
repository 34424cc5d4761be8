//! What the tests share: forged entries, segments and subscribers, and counts of what a process
//! holds.

pub mod commands;
pub mod control;
pub mod entry;
pub mod holdings;
pub mod message;
pub mod random;
pub mod segment;
pub mod small_file_system;
pub mod stop;
pub mod system_calls;
pub mod temp_region;
