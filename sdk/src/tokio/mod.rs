//! Messages by `await` and as a stream, in programs that use tokio. Needs the feature `tokio`.
//!
//! ```
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
//! # runtime.block_on(async {
//! use slotcast::{Publisher, ShmMessage};
//!
//! #[derive(ShmMessage, Clone, Copy, Debug)]
//! #[repr(C)]
//! struct Imu {
//!     stamp_ns: u64,
//! }
//!
//! # let domain = slotcast::testing::TempDomain::new();
//! # let mut publisher = Publisher::<Imu>::builder("robot/imu").domain(&domain).create()?;
//! let builder = slotcast::Subscriber::<Imu>::builder("robot/imu").domain(&domain);
//! let mut imu: slotcast::tokio::Subscriber<Imu> = builder.create_async()?;
//! # publisher.publish(&Imu { stamp_ns: 1 })?;
//! let sample = imu.recv().await?;
//! println!("{:?}", *sample);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Publishers need nothing like this: publishing does not wait.
//!
//! # Safety
//!
//! The file opts into unsafe code to register a descriptor with the runtime, which demands that it
//! stays the same and open as long as it is registered. It is that of an [`EventFd`], which is the
//! same for life, and is owned by what is registered. And to drop the registration only in the
//! process that created it.
#![allow(unsafe_code, reason = "a descriptor is registered with the runtime")]

mod client;
mod listener;
mod parameter;
mod server;
mod shared;
mod value_reader;

pub use client::{Client, PendingCall};
pub use listener::Listener;
pub use parameter::{Parameter, ParameterClient};
pub use server::{Server, ServerCall};
pub use value_reader::ValueReader;

use crate::endpoint::CreateError;
use crate::error_debug::debug_is_display;
use crate::record::{Header, HeaderOf, Payload};
use crate::registry::{IntoTopic, RegistryError};
use crate::subscriber::{RecvError, Sample, SubscriberBuilder};
use crate::sys::fork::Origin;
use crate::wait::{Closer, EventFd, Waitable};
use ::tokio::io::Interest;
use ::tokio::io::unix::AsyncFd;
use ::tokio::runtime::Handle;
use ::tokio::task::coop;
use futures_core::Stream;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A [`Subscriber`](crate::Subscriber) that a task waits for.
///
/// It belongs to the runtime in whose context it was created, of one thread or of many. Its task is
/// woken by the descriptor that [`event_fd`](crate::Subscriber::event_fd) returns: no thread waits
/// for it. A message that is present is returned at once, and takes part in tokio's cooperative
/// scheduling.
///
/// # Examples
///
/// Several in one task:
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
/// # runtime.block_on(async {
/// # use slotcast::Publisher;
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("left").domain(&domain).create()?;
/// # let left = slotcast::Subscriber::<u64>::builder("left").domain(&domain).create()?;
/// # let right = slotcast::Subscriber::<u64>::builder("right").domain(&domain).create()?;
/// use slotcast::tokio::Subscriber;
/// use std::future::poll_fn;
/// use std::task::Poll;
///
/// let (mut left, mut right) = (Subscriber::try_from(left)?, Subscriber::try_from(right)?);
/// # publisher.publish(&1)?;
/// // What `tokio::select!` does with `left.recv()` and `right.recv()`:
/// let message = poll_fn(|context| match left.poll_recv(context) {
///     Poll::Ready(received) => Poll::Ready(received),
///     Poll::Pending => right.poll_recv(context),
/// });
/// println!("{}", *message.await?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Subscriber<T: ?Sized, H = ()> {
    subscriber: crate::subscriber::Subscriber<T, H>,
    registration: Registration,
}

/// A registration with the runtime.
struct Registration {
    event_fd: ManuallyDrop<AsyncFd<Registered>>,
    /// To recognise a forked child's copy.
    origin: Origin,
}

impl Registration {
    fn of(waitable: &mut dyn Waitable) -> Result<Self, AsyncError> {
        Handle::try_current().map_err(|_| AsyncError::NoRuntime)?;
        let event_fd = Registered(waitable.event_fd()?);
        // SAFETY: see the top of this file. `Registered` gives the descriptor of the one `EventFd`
        // that it owns, which nobody can replace or close while it lives.
        let event_fd = unsafe { AsyncFd::register_with_interest(event_fd, Interest::READABLE) };
        let event_fd = event_fd.map_err(|error| AsyncError::Register(error.into()))?;
        Ok(Self { event_fd: ManuallyDrop::new(event_fd), origin: Origin::here() })
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // What the runtime has registered with the kernel, a forked child shares with its parent:
        // it must not remove the descriptor there.
        if self.origin.is_here() {
            // SAFETY: it is dropped here and nowhere else, and not used after that.
            unsafe { ManuallyDrop::drop(&mut self.event_fd) };
        }
    }
}

/// Why a task cannot wait for a subscriber.
///
/// # Examples
///
/// ```
/// use slotcast::tokio::{AsyncError, Subscriber};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let subscriber = slotcast::Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// match Subscriber::try_from(subscriber) {
///     Err(AsyncError::NoRuntime) => println!("this is not a task"),
///     _ => unreachable!(),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum AsyncError {
    /// The subscriber cannot be created.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// There is no runtime.
    #[error("there is no tokio runtime here: create the subscriber in a task, or after `Runtime::enter`")]
    NoRuntime,
    /// The subscriber cannot have a descriptor.
    #[error(transparent)]
    Descriptor(#[from] RegistryError),
    /// The runtime does not accept its descriptor.
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
    /// Creates a subscriber with default settings in the default domain. For other settings
    /// there is [`create_async`](SubscriberBuilder::create_async) of the builder.
    ///
    /// # Errors
    /// As [`Subscriber::new`](crate::Subscriber::new); also when there is no runtime, or no
    /// descriptor is left.
    ///
    /// # Panics
    /// If the runtime was created without `enable_io`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # // SAFETY: no other thread runs.
    /// # unsafe { std::env::set_var("SLOTCAST_ROOT", folder.path().join("root")) };
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let mut ticks = slotcast::tokio::Subscriber::<u64>::new("robot/ticks")?;
    /// # let mut publisher = slotcast::Publisher::<u64>::new("robot/ticks")?;
    /// # publisher.publish(&1)?;
    /// println!("{}", *ticks.recv().await?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(topic: impl IntoTopic<T, H>) -> Result<Self, AsyncError>
    where
        H: HeaderOf<T>,
    {
        crate::subscriber::Subscriber::new(topic)?.try_into()
    }

    /// Returns the next message; waits for it.
    ///
    /// It is cancel safe: a message is taken only when it is returned. So none is lost if the
    /// future is dropped, as in a `select!`.
    ///
    /// # Errors
    /// See [`RecvError`]. After [`Closer::close`] it is [`RecvError::Closed`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = slotcast::Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let subscriber = slotcast::Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = slotcast::tokio::Subscriber::try_from(subscriber)?;
    /// # publisher.publish(&1)?;
    /// println!("{}", *subscriber.recv().await?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn recv(&mut self) -> Result<Sample<T, H>, RecvError> {
        poll_fn(|context| self.poll_recv(context)).await
    }

    /// Polls for the next message: for futures that are written by hand.
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
            match self.registration.event_fd.poll_read_ready(context) {
                // It may be from before: poll once more.
                Poll::Ready(Ok(mut ready)) => ready.clear_ready(),
                Poll::Ready(Err(reason)) => break Err(self.subscriber.cannot_wait(reason)),
                Poll::Pending => return Poll::Pending,
            }
        };
        budget.made_progress();
        Poll::Ready(received)
    }

    /// Returns the next message, if there is one; see
    /// [`Subscriber::try_recv`](crate::Subscriber::try_recv).
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn try_recv(&mut self) -> Result<Option<Sample<T, H>>, RecvError> {
        self.subscriber.try_recv()
    }

    /// Returns a handle that ends waits of this subscriber from elsewhere.
    pub fn closer(&self) -> Closer {
        self.subscriber.closer()
    }

    /// Returns the subscriber, to ask about it.
    pub fn get_ref(&self) -> &crate::subscriber::Subscriber<T, H> {
        &self.subscriber
    }

    /// Returns the subscriber, for what is not waited for, such as `refresh` and
    /// [`try_recv_partial`](crate::Subscriber::try_recv_partial).
    ///
    /// Its own calls that wait block the thread. Do not replace it: another one would not wake the
    /// task.
    pub fn get_mut(&mut self) -> &mut crate::subscriber::Subscriber<T, H> {
        &mut self.subscriber
    }

    /// Returns the subscriber, which tasks do not wait for any more.
    pub fn into_inner(self) -> crate::subscriber::Subscriber<T, H> {
        self.subscriber
    }
}

impl<T: Payload + ?Sized, H: Header> SubscriberBuilder<T, H> {
    /// Creates a subscriber that tasks of tokio wait for: as [`create`](Self::create) and
    /// `try_into` do. Only with the feature `tokio`. Does not wait.
    ///
    /// # Errors
    /// As [`create`](Self::create); also when there is no runtime here, or no descriptor is left.
    ///
    /// # Panics
    /// If the runtime was created without `enable_io`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = slotcast::Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # publisher.publish(&1)?;
    /// use slotcast::Subscriber;
    ///
    /// let builder = Subscriber::<u64>::builder("counter").history(1);
    /// # let builder = builder.domain(&domain);
    /// let mut counter = builder.create_async()?;
    /// assert_eq!(*counter.recv().await?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_async(self) -> Result<Subscriber<T, H>, AsyncError> {
        self.create()?.try_into()
    }
}

impl<T: Payload + ?Sized, H: Header> TryFrom<crate::subscriber::Subscriber<T, H>> for Subscriber<T, H> {
    type Error = AsyncError;

    /// # Panics
    /// If the runtime was created without `enable_io`.
    fn try_from(mut subscriber: crate::subscriber::Subscriber<T, H>) -> Result<Self, AsyncError> {
        let registration = Registration::of(&mut subscriber)?;
        Ok(Self { subscriber, registration })
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

/// Prints topic and id, nothing of messages.
impl<T: ?Sized, H> fmt::Debug for Subscriber<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.subscriber, f)
    }
}
