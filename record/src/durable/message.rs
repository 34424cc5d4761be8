use slotcast::EndpointId;
use slotcast::dynamic::{Layout, Sample, Value};
use slotcast::schema::InvalidValue;
use std::fmt;

/// A message that a [`DurableSubscriber`](super::DurableSubscriber) has received, from a publisher or from
/// the log.
///
/// # Examples
///
/// ```
/// # use slotcast_record::{DurableLog, DurableSubscriber};
/// # use std::time::Duration;
/// # let folder = tempfile::tempdir()?;
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = slotcast::Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// # publisher.publish(&42)?;
/// # let log = DurableLog::builder().all().domain(&domain).start(&folder)?;
/// # assert!(log.wait_for_messages(1, Duration::from_secs(10)));
/// # let mut late = DurableSubscriber::of::<u64>("counter", &domain)?;
/// let message = late.next_timeout(Duration::from_secs(10))?.expect("it was published before");
/// println!("{:?}, message {} of {}", message.value()?, message.sequence(), message.publisher());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DurableMessage {
    pub(super) content: Content,
}

pub(super) enum Content {
    Live(Sample),
    Logged { publisher: EndpointId, sequence: u64, published_ns: Option<u64>, layout: Layout, bytes: Vec<u8> },
}

impl DurableMessage {
    /// Returns its bytes, which are a value of the topic's layout.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Live(sample) => sample.bytes(),
            Content::Logged { bytes, .. } => bytes,
        }
    }

    /// Returns its value. Allocates.
    ///
    /// # Errors
    /// When its bytes are no value, as another process has changed them meanwhile.
    pub fn value(&self) -> Result<Value, InvalidValue> {
        match &self.content {
            Content::Live(sample) => sample.value(),
            Content::Logged { layout, bytes, .. } => layout.decode(bytes),
        }
    }

    /// Returns its number among those of its publisher.
    pub fn sequence(&self) -> u64 {
        match &self.content {
            Content::Live(sample) => sample.sequence(),
            Content::Logged { sequence, .. } => *sequence,
        }
    }

    /// Returns the identity of its publisher.
    pub fn publisher(&self) -> EndpointId {
        match &self.content {
            Content::Live(sample) => sample.publisher(),
            Content::Logged { publisher, .. } => *publisher,
        }
    }

    /// Returns when it was published, in nanoseconds of [`now_ns`](slotcast::now_ns), if its publisher has
    /// `timestamps`.
    pub fn timestamp(&self) -> Option<u64> {
        match &self.content {
            Content::Live(sample) => sample.timestamp(),
            Content::Logged { published_ns, .. } => *published_ns,
        }
    }

    /// Returns whether it comes from the log, and not from its publisher.
    pub fn is_logged(&self) -> bool {
        matches!(self.content, Content::Logged { .. })
    }
}

impl fmt::Debug for DurableMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableMessage")
            .field("publisher", &self.publisher())
            .field("sequence", &self.sequence())
            .field("is_logged", &self.is_logged())
            .finish_non_exhaustive()
    }
}
