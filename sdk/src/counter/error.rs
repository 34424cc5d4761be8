use crate::error_debug::debug_is_display;
use crate::protocol::counters::{MAX_COUNTERS, MAX_LABEL, MAX_UNIT};
use crate::registry::TopicName;

/// Why there is no counter.
///
/// # Examples
///
/// ```
/// use slotcast::{CounterError, Counters};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let counters = Counters::builder("camera").domain(&domain).create()?;
/// counters.counter("exposure", "us")?;
/// let error = counters.counter("exposure", "ms").unwrap_err();
/// assert!(matches!(error, CounterError::Unit { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum CounterError {
    /// The label or the unit is too long, or the label is empty.
    #[error(
        "counters \"{counters}\": label \"{label}\" and unit \"{unit}\" have {} and {} bytes: a label has 1 to \
         {MAX_LABEL}, a unit up to {MAX_UNIT}, without zeros",
        label.len(), unit.len()
    )]
    Text {
        /// The topic in which the counters are announced.
        counters: TopicName,
        /// The label.
        label: String,
        /// The unit.
        unit: String,
    },
    /// A counter of this label exists, with another unit.
    #[error("counters \"{counters}\": \"{label}\" is counted in \"{first}\" already, and not in \"{unit}\"")]
    Unit {
        /// The topic in which the counters are announced.
        counters: TopicName,
        /// The label.
        label: String,
        /// The unit of the counter that exists.
        first: String,
        /// The unit that was wanted.
        unit: String,
    },
    /// There are as many counters as a set has.
    #[error(
        "counters \"{counters}\": there are {MAX_COUNTERS} already, so there is none for \"{label}\": create another \
         set"
    )]
    Full {
        /// The topic in which the counters are announced.
        counters: TopicName,
        /// The label of the counter that was wanted.
        label: String,
    },
    /// The set belongs to the process that this one was forked from.
    #[error("counters \"{counters}\": they belong to the process that this one was forked from: create new ones")]
    Forked {
        /// The topic in which the counters are announced.
        counters: TopicName,
    },
}

debug_is_display!(CounterError {
    Text { counters, label, unit },
    Unit { counters, label, first, unit },
    Full { counters, label },
    Forked { counters },
});
