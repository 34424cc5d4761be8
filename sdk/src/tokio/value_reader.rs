use super::{AsyncError, Registration};
use crate::schema::ShmMessage;
use crate::subscriber::RecvError;
use crate::value::{Value, Version};
use crate::wait::Closer;
use ::tokio::task::coop;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

/// A [`ValueReader`](crate::ValueReader) that a task waits for.
///
/// # Examples
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
/// # runtime.block_on(async {
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut writer = slotcast::ValueWriter::<f64>::builder("limit").domain(&domain).create()?;
/// let reader = slotcast::ValueReader::<f64>::builder("limit").domain(&domain).create()?;
/// let mut reader = slotcast::tokio::ValueReader::try_from(reader)?;
/// # writer.set(&1.5)?;
/// let limit = reader.changed(None).await?;
/// println!("{}", *limit);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ValueReader<T: ShmMessage> {
    reader: crate::value::ValueReader<T>,
    registration: Registration,
}

impl<T: ShmMessage> ValueReader<T> {
    /// Returns the newest value as soon as it is another one than that of `since`: `None` is not to
    /// have seen any. It is cancel safe.
    ///
    /// # Errors
    /// As [`wait_for_change`](crate::ValueReader::wait_for_change).
    pub async fn changed(&mut self, since: impl Into<Option<Version>>) -> Result<Value<'_, T>, RecvError> {
        let since = since.into();
        poll_fn(|context| self.poll_changed(context, since)).await?;
        Ok(self.reader.view().expect("it has a version, and so a value"))
    }

    /// Polls for another value than that of `since`: for futures that are written by hand.
    /// [`get`](Self::get) returns it.
    ///
    /// # Errors
    /// As [`changed`](Self::changed).
    pub fn poll_changed(&mut self, context: &mut Context<'_>, since: Option<Version>) -> Poll<Result<(), RecvError>> {
        let budget = ready!(coop::poll_proceed(context));
        let result = loop {
            if let Err(closed) = self.reader.check_open() {
                break Err(closed);
            }
            match self.reader.update() {
                Err(error) => break Err(error),
                Ok(()) if self.reader.version() != since => break Ok(()),
                Ok(()) => {}
            }
            match self.registration.event_fd.poll_read_ready(context) {
                // It may be from before: poll once more.
                Poll::Ready(Ok(mut ready)) => ready.clear_ready(),
                Poll::Ready(Err(reason)) => break Err(self.reader.cannot_wait(reason)),
                Poll::Pending => return Poll::Pending,
            }
        };
        budget.made_progress();
        Poll::Ready(result)
    }

    /// Returns the newest value, if there is one. Never waits.
    ///
    /// # Errors
    /// As [`ValueReader::get`](crate::ValueReader::get).
    pub fn get(&mut self) -> Result<Option<Value<'_, T>>, RecvError> {
        self.reader.get()
    }

    /// Returns a handle that ends waits of this reader from elsewhere.
    pub fn closer(&self) -> Closer {
        self.reader.closer()
    }

    /// Returns the reader, which tasks do not wait for any more.
    pub fn into_inner(self) -> crate::value::ValueReader<T> {
        self.reader
    }
}

impl<T: ShmMessage> TryFrom<crate::value::ValueReader<T>> for ValueReader<T> {
    type Error = AsyncError;

    /// # Panics
    /// If the runtime was created without `enable_io`.
    fn try_from(mut reader: crate::value::ValueReader<T>) -> Result<Self, AsyncError> {
        let registration = Registration::of(&mut reader)?;
        Ok(Self { reader, registration })
    }
}

impl<T: ShmMessage> fmt::Debug for ValueReader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.reader, f)
    }
}
