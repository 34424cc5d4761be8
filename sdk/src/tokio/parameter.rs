use super::{AsyncError, Client, Registration};
use crate::parameter::{self, ParameterError};
use crate::schema::ShmMessage;
use crate::service::CallError;
use crate::subscriber::RecvError;
use crate::value::{Value, ValueReader, Version};
use ::tokio::task::coop;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// A [`Parameter`](crate::Parameter) whose owner is a task: it answers what others want while it waits.
///
/// # Examples
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::tokio::{Parameter, ParameterClient};
///
/// let rate = slotcast::Parameter::builder("robot/rate", 100.0_f64).domain(&domain).create()?;
/// let mut rate = Parameter::try_from(rate)?;
/// let owner = tokio::spawn(async move {
///     rate.changed().await?;
///     println!("now {} Hz", rate.get());
///     Ok::<_, slotcast::ParameterError>(rate)
/// });
///
/// let client = slotcast::ParameterClient::<f64>::of("robot/rate", &domain)?; // in any other process
/// let mut client = ParameterClient::try_from(client)?;
/// client.set(&200.0).await?;
/// let rate = owner.await??;
/// assert_eq!(*client.get()?.expect("its owner has set it"), *rate.get());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Parameter<T: ShmMessage> {
    parameter: parameter::Parameter<T>,
    registration: Registration,
}

impl<T: ShmMessage + Copy> Parameter<T> {
    /// Answers what others want, until it has taken another value. It is cancel safe: what was answered
    /// before it is dropped stays answered, and [`get`](Self::get) returns what was taken.
    ///
    /// # Errors
    /// As [`poll`](crate::Parameter::poll).
    pub async fn changed(&mut self) -> Result<(), ParameterError> {
        poll_fn(|context| self.poll_changed(context)).await
    }

    /// Answers what others want, and returns once it has taken another value: for futures that are
    /// written by hand.
    ///
    /// # Errors
    /// As [`changed`](Self::changed).
    pub fn poll_changed(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ParameterError>> {
        let budget = ready!(coop::poll_proceed(context));
        let result = loop {
            match self.parameter.poll() {
                Err(error) => break Err(error),
                Ok(true) => break Ok(()),
                Ok(false) => {}
            }
            match self.registration.event_fd.poll_read_ready(context) {
                // It may be from before: poll once more.
                Poll::Ready(Ok(mut ready)) => ready.clear_ready(),
                Poll::Ready(Err(reason)) => break Err(self.parameter.cannot_wait(reason)),
                Poll::Pending => return Poll::Pending,
            }
        };
        budget.made_progress();
        Poll::Ready(result)
    }

    /// Returns the value.
    pub fn get(&self) -> &T {
        self.parameter.get()
    }

    /// Sets the value, after validating it. Never waits.
    ///
    /// # Errors
    /// As [`Parameter::set`](crate::Parameter::set).
    pub fn set(&mut self, value: &T) -> Result<Version, ParameterError> {
        self.parameter.set(value)
    }

    /// Returns the parameter, which no task waits for any more.
    pub fn into_inner(self) -> parameter::Parameter<T> {
        self.parameter
    }
}

impl<T: ShmMessage> TryFrom<parameter::Parameter<T>> for Parameter<T> {
    type Error = AsyncError;

    /// # Panics
    /// If the runtime was created without `enable_io`.
    fn try_from(mut parameter: parameter::Parameter<T>) -> Result<Self, AsyncError> {
        let registration = Registration::of(&mut parameter)?;
        Ok(Self { parameter, registration })
    }
}

impl<T: ShmMessage> fmt::Debug for Parameter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.parameter, f)
    }
}

/// A [`ParameterClient`](crate::ParameterClient) that a task waits for. See [`Parameter`].
///
/// # Examples
///
/// ```
/// use slotcast::CallError;
/// use slotcast::tokio::ParameterClient;
///
/// async fn faster(rate: &mut ParameterClient<f64>) -> Result<(), CallError> {
///     let now = rate.get()?.map_or(100.0, |rate| *rate);
///     rate.set(&(now * 2.0)).await?;
///     Ok(())
/// }
/// ```
pub struct ParameterClient<T: ShmMessage> {
    reader: ValueReader<T>,
    client: Client<T, u64>,
}

impl<T: ShmMessage> ParameterClient<T> {
    /// Returns the newest value. Never waits.
    ///
    /// # Errors
    /// As [`ParameterClient::get`](crate::ParameterClient::get).
    pub fn get(&mut self) -> Result<Option<Value<'_, T>>, RecvError> {
        self.reader.get()
    }

    /// Asks the owner for another value, and waits up to 5 s until it has taken or refused it. Returns the
    /// number of its version. Dropped before it returns, the owner may take it or not.
    ///
    /// # Errors
    /// As [`ParameterClient::set`](crate::ParameterClient::set).
    pub async fn set(&self, value: &T) -> Result<u64, CallError> {
        parameter::number(self.client.call(value).await?.one().await?)
    }

    /// The same as [`set`](Self::set), but waits up to `timeout`.
    ///
    /// # Errors
    /// As [`set`](Self::set), and for a timeout of zero.
    pub async fn set_within(&self, value: &T, timeout: Duration) -> Result<u64, CallError> {
        parameter::number(self.client.call_within(value, timeout).await?.one().await?)
    }
}

impl<T: ShmMessage> TryFrom<parameter::ParameterClient<T>> for ParameterClient<T> {
    type Error = AsyncError;

    /// # Panics
    /// If the runtime was created without `enable_io`.
    fn try_from(client: parameter::ParameterClient<T>) -> Result<Self, AsyncError> {
        let (reader, client) = client.into_parts();
        Ok(Self { reader, client: client.try_into()? })
    }
}

impl<T: ShmMessage> fmt::Debug for ParameterClient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParameterClient").field("topic", self.reader.topic()).finish_non_exhaustive()
    }
}
