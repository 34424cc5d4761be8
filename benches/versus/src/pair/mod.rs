//! Two processes, one on each processor, that measure one peer; and this process, which starts them
//! and tells them round by round what to do.

mod process;
mod side;

pub(crate) use process::{Pair, Place};
pub(crate) use side::{ANNOUNCED, Answer, Link, Memory, Role, Round, Side, be_child, serve};
