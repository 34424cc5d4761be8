use super::{AsyncError, Registration};
use crate::event::{EventId, ListenError, Notice};
use crate::wait::Closer;
use ::tokio::task::coop;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

/// A [`Listener`](crate::Listener) that a task waits for.
///
/// # Examples
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
/// # runtime.block_on(async {
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut notifier: slotcast::Notifier = slotcast::Notifier::builder("door").domain(&domain).create()?;
/// let listener: slotcast::Listener = slotcast::Listener::builder("door").domain(&domain).create()?;
/// let mut listener = slotcast::tokio::Listener::try_from(listener)?;
/// # notifier.notify(1)?;
/// println!("{}", listener.recv().await?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Listener<E = u8> {
    listener: crate::event::Listener<E>,
    registration: Registration,
}

impl<E: EventId> Listener<E> {
    /// Returns the next notice; waits for it. It is cancel safe: what was heard is taken only when
    /// it is returned.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub async fn recv(&mut self) -> Result<Notice<E>, ListenError> {
        poll_fn(|context| self.poll_recv(context)).await
    }

    /// Polls for the next notice: for futures that are written by hand.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Notice<E>, ListenError>> {
        let budget = ready!(coop::poll_proceed(context));
        let received = loop {
            if let Err(closed) = self.listener.check_open() {
                break Err(closed);
            }
            if let Some(received) = self.listener.try_recv().transpose() {
                break received;
            }
            match self.registration.event_fd.poll_read_ready(context) {
                // It may be from before: poll once more.
                Poll::Ready(Ok(mut ready)) => ready.clear_ready(),
                Poll::Ready(Err(reason)) => break Err(self.listener.cannot_wait(reason)),
                Poll::Pending => return Poll::Pending,
            }
        };
        budget.made_progress();
        Poll::Ready(received)
    }

    /// Returns a handle that ends waits of this listener from elsewhere.
    pub fn closer(&self) -> Closer {
        self.listener.closer()
    }

    /// Returns the listener, which tasks do not wait for any more.
    pub fn into_inner(self) -> crate::event::Listener<E> {
        self.listener
    }
}

impl<E: EventId> TryFrom<crate::event::Listener<E>> for Listener<E> {
    type Error = AsyncError;

    /// # Panics
    /// If the runtime was created without `enable_io`.
    fn try_from(mut listener: crate::event::Listener<E>) -> Result<Self, AsyncError> {
        let registration = Registration::of(&mut listener)?;
        Ok(Self { listener, registration })
    }
}

impl<E> fmt::Debug for Listener<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.listener, f)
    }
}
