//! Records with the tool, and plays, inspects and recovers what was recorded.

#[path = "../look/tool.rs"]
#[allow(dead_code, reason = "another test uses the rest")]
mod tool;

#[path = "../rates/terminal.rs"]
#[allow(dead_code, reason = "another test uses the rest")]
mod terminal;

mod blackbox;
mod playing;
mod recording;
