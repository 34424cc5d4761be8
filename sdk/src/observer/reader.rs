use crate::dynamic::{Layout, OpenError, Sample};
use crate::endpoint::{CreateError, used_by_one_thread_at_a_time};
use crate::record::RawSample;
use crate::registry::{Domain, PeerName, TopicView};
use crate::shm::{Content, Extent};
use crate::subscriber::{Fetcher, MAX_COPY, RateFilter, RecvError, SourceStatus, Sources, Subscription};
use crate::sys::process;
use std::fmt;
use std::sync::Arc;

/// How often a reader that has nothing to read checks whether its topic was created anew, and which
/// publishers have ended.
const RESCAN_NS: u64 = 20_000_000;

/// Reads a topic without being one of its subscribers; see
/// [`ObservedTopic::read`](super::ObservedTopic::read).
///
/// It follows publishers that join, and a topic that ends and begins again. If that then carries
/// another layout, its publishers are reported as [`RecvError::Mismatch`].
///
/// # Examples
///
/// ```
/// # use slotcast::{Observer, Publisher};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
/// let mut reader = topic.read(0)?;
/// # publisher.publish(&42)?;
/// while let Some(sample) = reader.try_recv()? {
///     println!("{}: {}", sample.sequence(), sample.value()?); // 0: 42
/// }
/// assert_eq!(reader.lost(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader {
    domain: Domain,
    view: Arc<TopicView>,
    sources: Sources<TopicView>,
    layout: Layout,
    /// When to check next which publishers are present, in nanoseconds of `CLOCK_MONOTONIC`.
    rescan_at: u64,
}

used_by_one_thread_at_a_time!(Reader);

impl Reader {
    /// See [`ObservedTopic::read`](super::ObservedTopic::read).
    pub(super) fn join(domain: Domain, view: Arc<TopicView>, history: u64) -> Result<Self, OpenError> {
        let layout = Layout::of_topic(&view)?;
        let (schema, hash) = (layout.shared_schema(), layout.hash());
        let description = Some(layout.description());
        let new_fetcher = || Fetcher::new(Extent::of(&schema), None, MAX_COPY, description.clone());
        let fetcher = Content::of(&schema).is_pooled().then(new_fetcher);
        let (kept, rate) = (history > 0, RateFilter::default());
        let subscription = Subscription { schema, hash, description, fetcher, history, kept, rate, request: None };
        let sources = Sources::join(Arc::clone(&view), None, subscription)?;
        Ok(Self { domain, view, sources, layout, rescan_at: process::monotonic_ns() + RESCAN_NS })
    }

    /// Sets the size of the largest message that it gives, in bytes: it copies each. By default 1
    /// GiB. Larger ones are discarded, each with a [`RecvError::TooLarge`].
    #[must_use = "it returns the reader"]
    pub fn max_copy(mut self, bytes: u64) -> Self {
        self.sources.set_max_copy(bytes);
        self
    }

    /// Reads the newest message of each publisher only: older ones that were not read are skipped
    /// and counted. By default it reads all.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Observer, Publisher};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
    /// let mut reader = topic.read(0)?.latest();
    /// for number in 0..10 {
    ///     publisher.publish(&number)?;
    /// }
    /// assert_eq!(reader.try_recv()?.expect("the newest").sequence(), 9);
    /// assert_eq!((reader.skipped(), reader.lost()), (9, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "it returns the reader"]
    pub fn latest(mut self) -> Self {
        self.sources.set_rate(RateFilter::newest());
        self
    }

    /// Reads at most `hz` messages a second of each publisher, each the newest at its time. Those
    /// in between are skipped and counted. By default there is no limit. Reads the clock each time.
    ///
    /// # Errors
    /// [`CreateError::Setting`] unless `hz` is finite and more than 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Observer, Publisher};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
    /// let mut reader = topic.read(0)?.rate_limit(10.0)?; // enough for a display
    /// assert!(reader.try_recv()?.is_none());
    /// # drop(publisher);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rate_limit(mut self, hz: f64) -> Result<Self, CreateError> {
        let setting = |reason| CreateError::Setting { topic: self.view.name().clone(), reason };
        let rate = RateFilter::new(true, Some(hz)).map_err(setting)?;
        self.sources.set_rate(rate);
        Ok(self)
    }

    /// Returns the next message, if there is one. It does not wait. What publishers overwrite
    /// before it is read is lost, and counted.
    ///
    /// # Errors
    /// See [`RecvError`]. The reader stays usable.
    pub fn try_recv(&mut self) -> Result<Option<Sample>, RecvError> {
        let next = match self.poll_next() {
            Ok(None) if process::monotonic_ns() >= self.rescan_at => self.rescan().and_then(|()| self.poll_next()),
            next => next,
        };
        match next {
            Ok(raw) => Ok(raw.map(|raw| Sample::new(raw, self.layout.fixed_size()))),
            Err(error) => Err(RecvError::unboxed(error)),
        }
    }

    /// Finds the publishers that have come, without reading anything. From then on their messages can be
    /// read, also if they die. [`try_recv`](Self::try_recv) does it when it finds no message.
    ///
    /// # Errors
    /// As [`try_recv`](Self::try_recv).
    pub fn attach(&mut self) -> Result<(), RecvError> {
        self.rescan().map_err(RecvError::unboxed)
    }

    fn poll_next(&mut self) -> Result<Option<RawSample>, Box<RecvError>> {
        self.sources.poll_next()
    }

    /// Scans which publishers are present now, in the directory that the topic has now.
    #[cold]
    fn rescan(&mut self) -> Result<(), Box<RecvError>> {
        self.rescan_at = process::monotonic_ns() + RESCAN_NS;
        if !self.view.is_current() {
            let name = self.view.name();
            let opened = TopicView::open(&self.domain, name).map_err(|reason| RecvError::registry(name, reason))?;
            if let Some(view) = opened {
                self.view = Arc::new(view);
                self.sources.move_to(Arc::clone(&self.view));
            }
        }
        self.sources.rescan()
    }

    /// Returns an iterator over the messages that are present: it ends the first time that there is
    /// none. It never waits.
    pub fn try_iter(&mut self) -> impl Iterator<Item = Result<Sample, RecvError>> {
        std::iter::from_fn(|| self.try_recv().transpose())
    }

    /// Returns the layout of the messages.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the living publishers, as far as the last scan found.
    pub fn publishers(&self) -> Vec<PeerName> {
        self.sources.living().map(|peer| peer.name.clone()).collect()
    }

    /// Returns the state of each publisher that it reads, also of those that have ended and were
    /// not read to their end. A system call for each.
    pub fn sources(&self) -> Vec<SourceStatus> {
        self.sources.statuses()
    }

    /// Returns how many messages were overwritten before they were read, of all publishers.
    pub fn lost(&self) -> u64 {
        self.sources.lost()
    }

    /// Returns how many messages were skipped because of [`latest`](Self::latest) or
    /// [`rate_limit`](Self::rate_limit), of all publishers.
    pub fn skipped(&self) -> u64 {
        self.sources.skipped()
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("topic", self.view.name()).finish_non_exhaustive()
    }
}
