//! For tests of programs that use this crate, and for its own: temporary domains, processes that
//! are scripted and killed, and points inside the protocols at which a process can be stopped.
//!
//! Only with the feature `testing`. Without it the points are not compiled in.
//!
//! A temporary domain keeps tests apart from each other, and from programs that run:
//!
//! ```
//! use slotcast::testing::TempDomain;
//! use slotcast::{Publisher, Subscriber};
//!
//! let domain = TempDomain::new();
//! let mut subscriber = Subscriber::<u64>::builder("test").domain(&domain).create()?;
//! let mut publisher = Publisher::<u64>::builder("test").domain(&domain).create()?;
//! publisher.publish(&42)?;
//! assert_eq!(*subscriber.recv()?, 42);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A test that needs another process starts its own binary again, at another test function:
//!
//! ```no_run
//! use slotcast::testing::{self, PATIENCE, Process, TempDomain};
//! use slotcast::{Publisher, Subscriber};
//!
//! // #[test]
//! fn child_publishes_one() {
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
//!     let mut other = Process::start("child_publishes_one", &domain, &[]);
//!     other.expect("published");
//!     assert!(subscriber.wait_for_publishers(1, PATIENCE).unwrap());
//!     other.kill();
//!     assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 42);
//! }
//! ```
//!
//! Everything here panics when something goes wrong, with a text that says what, as tests want it.

mod domain;
mod process;

pub use crate::failpoint::Action;
pub use domain::TempDomain;
pub use process::{PATIENCE, Process, Script, process, until};
