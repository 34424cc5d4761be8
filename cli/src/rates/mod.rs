//! How much happens on topics: counted from outside, without subscribing.
//!
//! A publisher stores in shared memory how many messages it has published, and a subscriber how far
//! it has read and what it has lost. A [`Watch`] reads these numbers at short intervals. So the
//! counts are exact at any rate, and nobody is delayed. What is not counted but sampled (intervals,
//! sizes that vary, lag) says so.

mod distribution;
mod endpoints;
mod lag;
mod overview;
mod pacing;
mod period;
mod publisher;
mod report;
mod silence;
mod subscriber;
mod topic;
pub(crate) mod units;
mod watch;
mod window;

pub(crate) use distribution::{Distribution, Quantiles};
pub(crate) use endpoints::EndpointSummary;
pub(crate) use lag::ReaderLag;
pub(crate) use overview::TopicSummary;
pub(crate) use pacing::{Pacing, Refresh, Step, positive_seconds};
pub(crate) use period::{IntervalSource, Period};
pub(crate) use report::{Following, Report, print_statistics};
pub(crate) use silence::{Explainer, silence};
pub(crate) use topic::WatchedTopic;
pub(crate) use units::{bytes, bytes_per_second, count, duration, per_second, rate};
pub(crate) use watch::{Detail, Watch};
pub(crate) use window::Window;
