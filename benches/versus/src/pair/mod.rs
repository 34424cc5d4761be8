//! Two processes, one on each processor, that measure one peer; and this process, which starts them
//! and tells them round by round what to do.

mod living;
mod process;
mod side;

pub(crate) use living::end_all;
pub(crate) use process::{Pair, Place};
pub(crate) use side::{ANNOUNCED, Answer, Link, Memory, Role, Round, Side, be_child, serve};
