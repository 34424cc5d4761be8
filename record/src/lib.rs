//! Records topics to MCAP files, which the tools of others read, and plays them back.

pub mod definitions;
pub mod ros2;
mod file;
