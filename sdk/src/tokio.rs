//! Messages by `await`, and as a stream, in programs that use tokio. Needs the feature `tokio`.
//!
//! ```no_run
//! # #[derive(slotcast::ShmMessage, Clone, Copy, Debug)] #[repr(C)] struct Imu { stamp_ns: u64 }
//! # async fn follow() -> Result<(), Box<dyn std::error::Error>> {
//! let mut imu = slotcast::tokio::Subscriber::<Imu>::new("robot/imu")?;
//! loop {
//!     let sample = imu.recv().await?;
//!     println!("{sample:?}");
//! }
//! # }
//! ```
//!
//! Publishers need nothing of the kind: publishing does not wait.
//!
//! # Safety
//!
//! The file opts into unsafe code to register a descriptor with the runtime, which demands that it stays the same and
//! open as long as it is registered: it is that of an [`EventFd`], which is one for life, and is owned by what is
//! registered. And to drop the registration in the process alone that made it.
#![allow(unsafe_code, reason = "a descriptor is registered with the runtime")]

use crate::endpoint::CreateError;
use crate::endpoint::error_debug::debug_is_display;
use crate::record::{Header, Payload};
use crate::registry::{IntoTopic, RegistryError};
use crate::subscriber::{RecvError, Sample};
use crate::sys::fork::Origin;
use crate::wait::{Closer, EventFd};
use ::tokio::io::Interest;
use ::tokio::io::unix::AsyncFd;
use ::tokio::runtime::Handle;
use ::tokio::task::coop;
use futures_core::Stream;
use std::future::poll_fn;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A [`Subscriber`](crate::Subscriber) that a task waits for.
///
/// It belongs to the runtime in whose context it was made, of one thread or of many. Its task is woken by the same
/// descriptor that [`event_fd`](crate::Subscriber::event_fd) gives: no thread waits for it. A message that is there is
/// returned at once, and takes part in tokio's cooperative scheduling.
pub struct Subscriber<T: ?Sized, H = ()> {
    subscriber: crate::subscriber::Subscriber<T, H>,
    event_fd: Registration,
}

/// The registration with the runtime.
struct Registration {
    event_fd: ManuallyDrop<AsyncFd<Registered>>,
    /// To know a child's copy of this.
    origin: Origin,
}

impl Drop for Registration {
    fn drop(&mut self) {
        // A forked child shares with its parent what the runtime has registered with the kernel: it must not take the
        // descriptor back there.
        if self.origin.is_here() {
            // SAFETY: it is dropped here and nowhere else, and not used after that.
            unsafe { ManuallyDrop::drop(&mut self.event_fd) };
        }
    }
}

/// Why a subscriber cannot be waited for by a task.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum AsyncError {
    /// The subscriber cannot be made.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// There is no runtime.
    #[error("there is no tokio runtime here: make the subscriber in a task, or after `Runtime::enter`")]
    NoRuntime,
    /// It has no descriptor.
    #[error(transparent)]
    Descriptor(#[from] RegistryError),
    /// The runtime does not take its descriptor.
    #[error("tokio cannot wait for the subscriber: {0}")]
    Register(io::Error),
}

debug_is_display!(AsyncError {
    Create(value),
    NoRuntime,
    Descriptor(value),
    Register(value),
});

/// What is registered with the runtime.
struct Registered(EventFd);

impl AsRawFd for Registered {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl<T: Payload + ?Sized, H: Header> Subscriber<T, H> {
    /// A subscriber with default settings in the default domain. For others make a [`Subscriber`](crate::Subscriber)
    /// with its builder, and convert it with `try_into`.
    ///
    /// # Errors
    /// As [`Subscriber::new`](crate::Subscriber::new); also when there is no runtime, or no descriptor is left.
    ///
    /// # Panics
    /// If the runtime was made without `enable_io`.
    pub fn new(topic: impl IntoTopic<T, H>) -> Result<Self, AsyncError> {
        crate::subscriber::Subscriber::new(topic)?.try_into()
    }

    /// The next message. It can be cancelled: a message is taken only when it is returned, so none is lost if the future
    /// is dropped, as in a `select!`.
    ///
    /// # Errors
    /// See [`RecvError`]. After [`Closer::close`] it is [`RecvError::Closed`].
    pub async fn recv(&mut self) -> Result<Sample<T, H>, RecvError> {
        poll_fn(|context| self.poll_recv(context)).await
    }

    /// The next message, for those who write futures by hand.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Sample<T, H>, RecvError>> {
        let budget = ready!(coop::poll_proceed(context));
        let received = loop {
            if let Err(closed) = self.subscriber.check_open() {
                break Err(closed);
            }
            match self.subscriber.try_recv() {
                Ok(Some(sample)) => break Ok(sample),
                Ok(None) => {}
                Err(error) => break Err(error),
            }
            match self.event_fd.event_fd.poll_read_ready(context) {
                // Looked at once more: it may be from before.
                Poll::Ready(Ok(mut ready)) => ready.clear_ready(),
                Poll::Ready(Err(reason)) => break Err(self.subscriber.cannot_wait(reason)),
                Poll::Pending => return Poll::Pending,
            }
        };
        budget.made_progress();
        Poll::Ready(received)
    }

    /// The next message, if there is one; see [`Subscriber::try_recv`](crate::Subscriber::try_recv).
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn try_recv(&mut self) -> Result<Option<Sample<T, H>>, RecvError> {
        self.subscriber.try_recv()
    }

    /// What ends a wait from elsewhere.
    pub fn closer(&self) -> Closer {
        self.subscriber.closer()
    }

    /// The subscriber, to ask about it.
    pub fn get_ref(&self) -> &crate::subscriber::Subscriber<T, H> {
        &self.subscriber
    }

    /// The subscriber, for what is not waited for: [`try_recv_partial`](crate::Subscriber::try_recv_partial), `refresh`. Its own
    /// calls that wait hold the thread up. What is put in its place would not wake the task: leave it where it is.
    pub fn get_mut(&mut self) -> &mut crate::subscriber::Subscriber<T, H> {
        &mut self.subscriber
    }

    /// The subscriber, no longer waited for by a task.
    pub fn into_inner(self) -> crate::subscriber::Subscriber<T, H> {
        self.subscriber
    }
}

impl<T: Payload + ?Sized, H: Header> TryFrom<crate::subscriber::Subscriber<T, H>> for Subscriber<T, H> {
    type Error = AsyncError;

    /// # Panics
    /// If the runtime was made without `enable_io`.
    fn try_from(mut subscriber: crate::subscriber::Subscriber<T, H>) -> Result<Self, AsyncError> {
        Handle::try_current().map_err(|_| AsyncError::NoRuntime)?;
        let event_fd = Registered(subscriber.event_fd()?);
        // SAFETY: see the top of this file. `Registered` gives the descriptor of the one `EventFd` that it owns, which
        // nobody can exchange or close while it lives.
        let event_fd = unsafe { AsyncFd::register_with_interest(event_fd, Interest::READABLE) };
        let event_fd = event_fd.map_err(|error| AsyncError::Register(error.into()))?;
        let event_fd = Registration { event_fd: ManuallyDrop::new(event_fd), origin: Origin::here() };
        Ok(Self { subscriber, event_fd })
    }
}

/// The messages from now on. It ends when the subscriber is closed.
impl<T: Payload + ?Sized, H: Header> Stream for Subscriber<T, H> {
    type Item = Result<Sample<T, H>, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(self.poll_recv(context)) {
            Err(RecvError::Closed { .. }) => None,
            received => Some(received),
        })
    }
}
