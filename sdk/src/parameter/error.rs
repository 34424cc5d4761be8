use crate::error_debug::debug_is_display;
use crate::registry::TopicName;
use crate::service::ServeError;
use crate::value::SetError;

/// Why an owner did not set a parameter, or cannot receive what others want.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::{Parameter, ParameterError};
///
/// let builder = Parameter::builder("robot/rate", 100.0).domain(&domain);
/// let mut rate = builder.validate(|rate| if *rate > 0.0 { Ok(()) } else { Err("it stops".into()) }).create()?;
/// assert!(matches!(rate.set(&-1.0), Err(ParameterError::Refused { reason, .. }) if reason == "it stops"));
/// assert_eq!(*rate.get(), 100.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// The owner itself has wanted a value that its `validate` refuses.
    #[error("parameter \"{parameter}\": the value is refused: {reason}")]
    Refused {
        /// The topic in which the owner and the readers meet.
        parameter: TopicName,
        /// Why.
        reason: String,
    },
    /// The value cannot be set.
    #[error(transparent)]
    Set(#[from] SetError),
    /// A client's request cannot be received, or not be answered. Those of others can.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

debug_is_display!(ParameterError { Refused { parameter, reason }, Set(error), Serve(error) });
