//! Queues, rings and channels as streams of tokio.
//!
//! A thread of tokio's waits until there is something; the stream itself takes it. So nothing is
//! lost if the stream is dropped while it waits.

use super::channel::Channel;
use super::element::Element;
use super::failure::StructureError;
use super::queue::Queue;
use super::ring_buffer::RingBuffer;
use ::tokio::task::{JoinHandle, spawn_blocking};
use futures_core::Stream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// How long a thread waits before it looks whether the stream still exists.
const SLICE: Duration = Duration::from_millis(100);

/// What a [`RegionStream`] takes elements from: a queue, a ring or a channel.
///
/// # Examples
///
/// ```
/// fn is_source<S: slotcast::region::StreamSource>() {}
/// is_source::<slotcast::region::Queue<u64>>();
/// ```
pub trait StreamSource: Send + Sync + 'static {
    /// What it contains.
    type Item: Send;

    /// Takes the next element. Never waits. Returns `None` if there is none now.
    ///
    /// # Errors
    /// Those of the structure.
    fn try_take(&self) -> Result<Option<Self::Item>, StructureError>;

    /// Waits up to `timeout` until there is something to take. Returns `false` if there never will
    /// be.
    fn wait_ready(&self, timeout: Duration) -> bool;
}

impl<T: Element> StreamSource for Queue<T> {
    type Item = T;

    fn try_take(&self) -> Result<Option<T>, StructureError> {
        self.try_pop()
    }

    fn wait_ready(&self, timeout: Duration) -> bool {
        self.wait_ready(timeout);
        true
    }
}

impl<T: Element> StreamSource for RingBuffer<T> {
    type Item = T;

    fn try_take(&self) -> Result<Option<T>, StructureError> {
        self.try_pop()
    }

    fn wait_ready(&self, timeout: Duration) -> bool {
        self.wait_ready(timeout);
        true
    }
}

impl<T: Element> StreamSource for Channel<T> {
    type Item = T;

    fn try_take(&self) -> Result<Option<T>, StructureError> {
        match self.recv(Duration::ZERO) {
            Err(StructureError::TimedOut { .. }) => Ok(None),
            other => other,
        }
    }

    fn wait_ready(&self, timeout: Duration) -> bool {
        self.wait_ready(timeout)
    }
}

/// The elements of a structure, as a stream without end. A channel's ends once it is closed and
/// empty. An error ends the stream, too.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Queue, Region, RegionStream};
/// use std::future::poll_fn;
/// use std::pin::Pin;
/// use std::sync::Arc;
/// use futures_core::Stream;
/// # let name = format!("slotcast-doc-stream-{}", std::process::id());
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let region = Region::create(&name, 1 << 20)?;
/// let queue = Arc::new(Queue::<u64>::create(&region, "jobs", 8)?);
/// let mut jobs = RegionStream::new(Arc::clone(&queue));
/// queue.try_push(&7)?;
/// let job = poll_fn(|context| Pin::new(&mut jobs).poll_next(context)).await;
/// assert_eq!(job.transpose()?, Some(7));
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RegionStream<S: StreamSource> {
    source: Arc<S>,
    waiting: Option<JoinHandle<bool>>,
    has_ended: bool,
}

impl<S: StreamSource> RegionStream<S> {
    /// Creates a stream. Polling it needs a tokio runtime.
    pub fn new(source: Arc<S>) -> Self {
        Self { source, waiting: None, has_ended: false }
    }
}

impl<S: StreamSource> Stream for RegionStream<S> {
    type Item = Result<S::Item, StructureError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.has_ended {
                return Poll::Ready(None);
            }
            match self.source.try_take() {
                Ok(Some(element)) => return Poll::Ready(Some(Ok(element))),
                Ok(None) => {}
                Err(error) => {
                    self.has_ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
            let source = Arc::clone(&self.source);
            let waiting = self.waiting.get_or_insert_with(|| spawn_blocking(move || source.wait_ready(SLICE)));
            let can_go_on = ready!(Pin::new(waiting).poll(context));
            self.waiting = None;
            // A runtime that shuts down runs no more of these threads.
            self.has_ended = !can_go_on.unwrap_or(false);
        }
    }
}

impl<S: StreamSource> std::fmt::Debug for RegionStream<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegionStream").field("has_ended", &self.has_ended).finish_non_exhaustive()
    }
}
