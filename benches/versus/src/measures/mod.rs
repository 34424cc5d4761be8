//! What is measured, one a file.

mod burst;
mod call;
mod latency;
mod notify;
mod pause;
mod publish;
mod scale;
mod startup;
mod stream;
mod trips;
mod value;
mod value_trip;
mod wakeup;

use crate::channel::Flow;
use crate::message::Use;
use crate::pair::{Link, Role, Side, serve};
pub(crate) use pause::Pause;
pub(crate) use scale::Axis;
pub(crate) use value::Access;

use crate::peers::{
    AnySize, CallWords, Events, EventsVisitor, Failure, Idling, Name, OneSize, Peer, Services, ServicesVisitor,
    SmallSizes, ValueWords, Values, ValuesVisitor, Visitor,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Instant;

/// The size of messages where only one is measured.
const USUAL: usize = 64;

/// A measurement that is made with each peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Measure {
    /// One way, by ping-pong.
    Latency { bytes: usize, how: Use },
    /// As many messages as possible.
    Stream { bytes: usize, flow: Flow },
    /// Sending, while the receivers do nothing.
    Publish { receivers: usize },
    /// Sending a few messages, after the receivers have received all others.
    Burst { receivers: usize },
    /// From the receiver's `main` to its first message.
    Startup,
    /// Publishing and receiving, with more of something.
    Scale { axis: Axis, count: usize },
    /// Telling of an event, while the listener does not sleep: it polls, or does nothing.
    Notify { listens: bool },
    /// An event there and one back, while both sleep.
    WakeUp { pause: Pause },
    /// A request of 64 bytes there and its response back, while both sides poll or sleep.
    Call { idling: Idling, pause: Pause },
    /// Setting or getting a value of 48 bytes, while the other process does the opposite, or nothing.
    Value { access: Access, is_shared: bool },
    /// A value of 48 bytes is set by one process and got by the other.
    ValueTrip,
}

/// What a measurement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    Messages,
    Events,
    Services,
    Values,
}

impl Measure {
    /// Returns the size of the messages.
    pub(crate) fn bytes(&self) -> usize {
        match *self {
            Self::Latency { bytes, .. } | Self::Stream { bytes, .. } => bytes,
            Self::Publish { .. } | Self::Burst { .. } | Self::Startup | Self::Scale { .. } => USUAL,
            Self::Notify { .. } | Self::WakeUp { .. } => 0,
            Self::Call { .. } => size_of::<CallWords>(),
            Self::Value { .. } | Self::ValueTrip => size_of::<ValueWords>(),
        }
    }

    /// Returns what it is about.
    pub(crate) fn pattern(&self) -> Pattern {
        match self {
            Self::Notify { .. } | Self::WakeUp { .. } => Pattern::Events,
            Self::Call { .. } => Pattern::Services,
            Self::Value { .. } | Self::ValueTrip => Pattern::Values,
            _ => Pattern::Messages,
        }
    }

    /// Returns whether each round needs processes of its own.
    pub(crate) fn needs_new_processes(&self) -> bool {
        *self == Self::Startup
    }

    /// Runs one side, until its input is closed.
    pub(crate) fn run(self, peer: Name, role: Role, link: &Link) -> Result<(), Failure> {
        let bytes = self.bytes();
        let run = Run { measure: self, role, link };
        match self {
            Self::Latency { .. } => peer.visit::<AnySize, _>(bytes, Latency(run))?,
            Self::Stream { .. } => peer.visit::<SmallSizes, _>(bytes, Stream(run))?,
            Self::Publish { .. } => peer.visit::<OneSize, _>(bytes, Publish(run))?,
            Self::Burst { .. } => peer.visit::<OneSize, _>(bytes, Burst(run))?,
            Self::Startup => peer.visit::<OneSize, _>(bytes, Startup(run))?,
            Self::Scale { .. } => run.serve::<scale::Leader, scale::Follower>(),
            Self::Notify { .. } => peer.visit_events(Notify(run))?,
            Self::WakeUp { .. } => peer.visit_events(WakeUp(run))?,
            Self::Call { .. } => peer.visit_services(Call(run))?,
            Self::Value { .. } => peer.visit_values(Value(run))?,
            Self::ValueTrip => peer.visit_values(ValueTrip(run))?,
        }
    }
}

/// A measure to be run with a certain peer and size.
struct Run<'a> {
    measure: Measure,
    role: Role,
    link: &'a Link,
}

impl Run<'_> {
    fn serve<L: Side, F: Side>(self) -> Result<(), Failure> {
        match self.role {
            Role::Leader => serve::<L>(self.role, self.link, &self.measure),
            Role::Follower => serve::<F>(self.role, self.link, &self.measure),
        }
    }
}

/// Makes a visitor that runs the two sides of a measure.
macro_rules! visitor {
    ($name:ident, $module:ident) => {
        struct $name<'a>(Run<'a>);

        impl Visitor for $name<'_> {
            type Result = Result<(), Failure>;

            fn visit<P: Peer, const W: usize>(self) -> Self::Result {
                self.0.serve::<$module::Leader<P, W>, $module::Follower<P, W>>()
            }
        }
    };
}

visitor!(Latency, latency);
visitor!(Stream, stream);
visitor!(Publish, publish);
visitor!(Burst, burst);
visitor!(Startup, startup);

/// The same for a measure of another pattern than messages.
macro_rules! pattern_visitor {
    ($name:ident, $module:ident, $visitor:ident, $pattern:ident) => {
        struct $name<'a>(Run<'a>);

        impl $visitor for $name<'_> {
            type Result = Result<(), Failure>;

            fn visit<P: $pattern>(self) -> Self::Result {
                self.0.serve::<$module::Leader<P>, $module::Follower<P>>()
            }
        }
    };
}

pattern_visitor!(Notify, notify, EventsVisitor, Events);
pattern_visitor!(WakeUp, wakeup, EventsVisitor, Events);
pattern_visitor!(Call, call, ServicesVisitor, Services);
pattern_visitor!(Value, value, ValuesVisitor, Values);
pattern_visitor!(ValueTrip, value_trip, ValuesVisitor, Values);

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Latency { bytes, how: Use::Full } => write!(f, "one way, {}, in full", Size(bytes)),
            Self::Latency { bytes, how: Use::Touch } => write!(f, "one way, {}, 8 bytes touched", Size(bytes)),
            Self::Stream { bytes, flow: Flow::Lossless } => write!(f, "lossless stream, {}", Size(bytes)),
            Self::Stream { bytes, .. } => write!(f, "lossy stream, {}", Size(bytes)),
            Self::Publish { receivers } => write!(f, "sending {USUAL} B, idle receivers: {receivers}"),
            Self::Burst { receivers } => {
                write!(f, "sending {USUAL} B, {} after draining, receivers: {receivers}", burst::LENGTH)
            }
            Self::Startup => write!(f, "main to first message"),
            Self::Scale { axis, count } => write!(f, "64 B, {}: {count}", format!("{axis:?}").to_lowercase()),
            Self::Notify { listens: false } => write!(f, "notify, the listener does nothing"),
            Self::Notify { listens: true } => write!(f, "notify, the listener polls"),
            Self::WakeUp { pause } => write!(f, "notify there and back, {}", asleep(pause)),
            Self::Call { idling: Idling::Polls, .. } => write!(f, "call and answer, {USUAL} B, both poll"),
            Self::Call { pause, .. } => write!(f, "call and answer, {USUAL} B, {}", asleep(pause)),
            Self::Value { access: Access::Set, is_shared: false } => write!(f, "set 48 B, nobody gets it"),
            Self::Value { access: Access::Set, is_shared: true } => write!(f, "set 48 B, the other process gets it"),
            Self::Value { access: Access::Get, is_shared: false } => write!(f, "get 48 B, nobody sets it"),
            Self::Value { access: Access::Get, is_shared: true } => write!(f, "get 48 B, the other process sets it"),
            Self::ValueTrip => write!(f, "set 48 B until the other process gets it"),
        }
    }
}

/// Says how both sides sleep.
fn asleep(pause: Pause) -> &'static str {
    match pause {
        Pause::None => "both sleep",
        Pause::Long => "both asleep for long",
    }
}

/// Returns the median of numbers, if there are any.
fn median(numbers: &[f64]) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// Returns what reading the clock twice costs at least, in nanoseconds.
fn clock() -> f64 {
    let least = (0..1000).map(|_| Instant::now().elapsed().as_nanos()).min();
    least.unwrap_or_default() as f64
}

/// A number of bytes, for people.
struct Size(usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => write!(f, "{} MiB", bytes >> 20),
            bytes if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => write!(f, "{} KiB", bytes >> 10),
            bytes => write!(f, "{bytes} B"),
        }
    }
}
