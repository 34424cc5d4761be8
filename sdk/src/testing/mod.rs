//! For tests of programs that use this crate, and for our own: temporary domains, processes that are scripted and
//! killed, and points inside the protocols at which a process can be stopped.
//!
//! Only with the feature `testing`; without it the points are not compiled in.
//!
//! A test that needs more than one process starts its own binary again, at another function:
//!
//! ```no_run
//! # #[cfg(feature = "testing")] {
//! use slotcast::testing::{self, Process, TempDomain};
//! use slotcast::{Publisher, Subscriber};
//!
//! // #[test]
//! fn publishes_one() {
//!     testing::process(|script| {
//!         let mut publisher = Publisher::<u64>::builder("test").domain(script.domain()).create().unwrap();
//!         publisher.publish(&42).unwrap();
//!         script.say("published");
//!         script.hear("end");
//!     });
//! }
//!
//! // #[test]
//! fn a_publisher_that_is_killed_leaves_its_message() {
//!     let domain = TempDomain::new();
//!     let mut subscriber = Subscriber::<u64>::builder("test").domain(&domain).create().unwrap();
//!     let mut other = Process::start("publishes_one", &domain, &[]);
//!     other.expect("published");
//!     other.kill();
//!     assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 42);
//! }
//! # }
//! ```
//!
//! Everything here panics when something goes wrong, with a text that says what: that is what tests want.

mod domain;
mod process;

pub use crate::failpoint::Action;
pub use domain::TempDomain;
pub use process::{PATIENCE, Process, Script, process, until};
