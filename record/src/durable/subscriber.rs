use super::error::DurableError;
use super::message::{Content, DurableMessage};
use super::wire::{self, Head, Query};
use slotcast::dynamic::{Layout, OpenError, Sample, Subscriber};
use slotcast::{CallError, Client, Domain, EndpointId, PendingCall, ShmMessage, TopicName};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

/// The times between two polls.
const PAUSES: (Duration, Duration) = (Duration::from_micros(20), Duration::from_millis(1));
/// How often what is missing is asked for, while the log does not have it.
const TRIES: u32 = 2;

/// Receives everything that was published on a topic since its log began, and then what is published: each
/// message once, those of a publisher in order.
///
/// It needs a [`DurableLog`](super::DurableLog) of the topic, such as `slotcast record --serve`. What it
/// loses itself, because it is slow, it gets from the log, too. What the log does not have is
/// [counted](Self::lost).
///
/// # Examples
///
/// See [`DurableLog`](super::DurableLog).
pub struct DurableSubscriber {
    topic: TopicName,
    layout: Layout,
    live: Subscriber,
    client: Client<Query, [u8]>,
    /// Which message of each publisher is next.
    next: HashMap<EndpointId, u64>,
    /// What is being received from the log, and how often that was asked for.
    call: Option<PendingCall<Query, [u8]>>,
    tries: u32,
    /// Messages of the log that have come, and were not returned.
    come: VecDeque<DurableMessage>,
    /// A message before which others are missing.
    waiting: Option<Sample>,
    /// Whether the log was asked for everything.
    has_begun: bool,
    without_log: bool,
    lost: u64,
}

impl DurableSubscriber {
    /// Subscribes to a topic of messages of a type.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of<T: ShmMessage>(topic: &str, domain: &Domain) -> Result<Self, DurableError> {
        let topic = TopicName::new(topic).map_err(OpenError::from)?;
        let layout = Layout::of::<T>();
        let layout = layout.map_err(|error| DurableError::Malformed { topic: topic.clone(), found: error.to_string() });
        Self::new(&topic, &layout?, domain)
    }

    /// Subscribes to a topic of messages of a layout. Neither a publisher nor a log need be there yet.
    ///
    /// # Errors
    /// When the topic has another layout, or the registry or memory cannot be used.
    pub fn new(topic: &TopicName, layout: &Layout, domain: &Domain) -> Result<Self, DurableError> {
        // First what is published: the log has what came before.
        let live = Subscriber::builder(topic).domain(domain).history(u64::MAX).layout(layout).create()?;
        let client = Client::builder(&wire::service(topic)).domain(domain).timeout(Duration::MAX).create()?;
        Ok(Self {
            topic: topic.clone(),
            layout: layout.clone(),
            live,
            client,
            next: HashMap::new(),
            call: None,
            tries: 0,
            come: VecDeque::new(),
            waiting: None,
            has_begun: false,
            without_log: false,
            lost: 0,
        })
    }

    /// Goes on without the log from now on, after an error about it: what is missing is counted as lost.
    pub fn go_on_without_log(&mut self) {
        (self.without_log, self.has_begun, self.call) = (true, true, None);
    }

    /// Returns the next message; waits for it up to `time`. Returns `None` on timeout. Before the first
    /// message it also waits for a log.
    ///
    /// # Errors
    /// See [`DurableError`]. The next call tries again: nothing was left out.
    pub fn next_timeout(&mut self, time: Duration) -> Result<Option<DurableMessage>, DurableError> {
        let until = Instant::now().checked_add(time); // none if that is beyond all time
        let mut pause = PAUSES.0;
        loop {
            let is_over = until.is_some_and(|until| Instant::now() >= until);
            match self.try_next() {
                Ok(None) if is_over => return Ok(None),
                Ok(None) => {}
                Err(DurableError::NoLog { .. }) if !self.has_begun && !is_over => {} // it may be about to come
                found => return found,
            }
            thread::sleep(pause);
            pause = (pause * 5 / 4).min(PAUSES.1);
        }
    }

    /// Returns the next message if it has come. Does not wait.
    ///
    /// # Errors
    /// As [`next_timeout`](Self::next_timeout).
    pub fn try_next(&mut self) -> Result<Option<DurableMessage>, DurableError> {
        loop {
            if let Some(message) = self.come.pop_front() {
                return Ok(Some(message));
            }
            if self.call.is_some() {
                if !self.take_from_log()? {
                    return Ok(None);
                }
                continue;
            }
            if !self.has_begun {
                self.ask([0; 2], 0, u64::MAX)?;
                self.has_begun = true;
                continue;
            }
            let Some(sample) = self.next_live()? else { return Ok(None) };
            let (publisher, sequence) = (sample.publisher(), sample.sequence());
            let known = self.next.get(&publisher).copied();
            let expected = known.unwrap_or(0);
            if sequence < expected {
                continue; // the log had it
            }
            if sequence > expected && self.tries < TRIES && !self.without_log {
                self.waiting = Some(sample);
                self.ask(wire::halves(publisher.0), expected, sequence)?;
                self.tries += 1;
                continue;
            }
            self.note(publisher, sequence);
            return Ok(Some(DurableMessage { content: Content::Live(sample) }));
        }
    }

    /// Returns the message before which others were missing, or the next that was published.
    fn next_live(&mut self) -> Result<Option<Sample>, DurableError> {
        if let Some(waiting) = self.waiting.take() {
            return Ok(Some(waiting));
        }
        self.tries = 0;
        Ok(self.live.try_recv()?)
    }

    fn ask(&mut self, publisher: [u64; 2], from: u64, to: u64) -> Result<(), DurableError> {
        let query = Query { hash: wire::halves(self.layout.hash().0), publisher, from, to };
        match self.client.try_call(&query) {
            Ok(call) => {
                self.call = Some(call);
                Ok(())
            }
            Err(CallError::NoServer { .. }) => Err(DurableError::NoLog { topic: self.topic.clone() }),
            Err(reason) => Err(self.failed(reason)),
        }
    }

    /// Takes what has come from the log. Returns whether anything has, or the answer has ended.
    fn take_from_log(&mut self) -> Result<bool, DurableError> {
        let Some(call) = &mut self.call else { return Ok(false) };
        match call.try_next() {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(Some(item))) => {
                self.take_item(&item)?;
                Ok(true)
            }
            Poll::Ready(Ok(None)) => {
                self.call = None;
                Ok(true)
            }
            Poll::Ready(Err(reason)) => {
                self.call = None;
                // Nothing of it counts as asked for: the next call asks again.
                self.tries = 0;
                self.has_begun = self.waiting.is_some();
                Err(self.failed(reason))
            }
        }
    }

    fn take_item(&mut self, item: &[u8]) -> Result<(), DurableError> {
        let mut rest = item;
        while !rest.is_empty() {
            let malformed = |found: String| DurableError::Malformed { topic: self.topic.clone(), found };
            let Some((head, message, more)) = Head::split(rest) else {
                return Err(malformed(format!("{} bytes that are no whole message", rest.len())));
            };
            rest = more;
            let Head { publisher, sequence, published_ns, .. } = head;
            if sequence < self.next.get(&publisher).copied().unwrap_or(0) {
                continue; // it was returned before
            }
            self.layout.validate(message).map_err(|invalid| malformed(invalid.to_string()))?;
            self.note(publisher, sequence);
            let published_ns = Some(published_ns).filter(|&time| time != u64::MAX);
            let (layout, bytes) = (self.layout.clone(), message.to_vec());
            let content = Content::Logged { publisher, sequence, published_ns, layout, bytes };
            self.come.push_back(DurableMessage { content });
        }
        Ok(())
    }

    /// Notes that a message is returned, and what was left out before it.
    fn note(&mut self, publisher: EndpointId, sequence: u64) {
        let before = self.next.insert(publisher, sequence.saturating_add(1));
        if let Some(expected) = before {
            self.lost = self.lost.saturating_add(sequence.saturating_sub(expected));
        }
    }

    fn failed(&self, reason: CallError) -> DurableError {
        DurableError::Log { topic: self.topic.clone(), reason }
    }

    /// Returns how many messages were missing between those that were returned, and in the log, too.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Returns the layout of the messages.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the name of the topic.
    pub fn topic(&self) -> &TopicName {
        &self.topic
    }
}

impl fmt::Debug for DurableSubscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableSubscriber")
            .field("topic", &self.topic)
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}
