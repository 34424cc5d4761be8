//! The time of a domain: real, or what somebody says who plays a recording or simulates.
//!
//! A source is the writer of one value of the domain, [`TOPIC`], which says what the time is and how
//! fast it passes. As long as there is none, a clock is not announced and has no memory: it reads the
//! machine's clock, and looks for a source now and then.

mod change;
mod error;
mod following;
mod reading;
mod sleeping;
mod source;
mod state;

pub use change::{ClockChange, SleepEnd};
pub use error::ClockError;
pub use reading::Clock;
pub use source::ClockSource;

/// The name of the value in which a source says what time it is.
const TOPIC: &str = "slotcast/clock";
