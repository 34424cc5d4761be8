//! A topic of which a log is kept.

use super::log::{Index, Log, Span};
use super::wire::{self, Head, OTHER_LAYOUT, Query, UNREADABLE};
use slotcast::dynamic::{Layout, OpenError, Subscriber};
use slotcast::service::Reason;
use slotcast::{CreateError, Domain, RecvError, ServeError, Server, ServerCall, TopicName};
use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

/// How many messages are received before the next topic has its turn.
const TURN: u64 = 256;
/// How many bytes an item of an answer has, unless a message is larger.
const ITEM: u64 = 64 << 10;
/// How long an answer waits for messages that the log is about to receive.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many large messages are held where their publishers have written them.
const IN_PLACE: u64 = 2;

/// A topic, its messages, and the calls for them.
pub(super) struct LoggedTopic {
    layout: Layout,
    subscriber: Subscriber,
    server: Server<Query, [u8]>,
    pub(super) index: Index,
    answers: Vec<Answer>,
}

/// A call that is being answered.
struct Answer {
    call: Option<ServerCall<Query, [u8]>>,
    query: Query,
    since: Instant,
    /// What is left to be sent, once it is known.
    spans: Option<VecDeque<Span>>,
    /// An item that the client had no place for.
    item: Vec<u8>,
}

impl LoggedTopic {
    pub(super) fn new(name: &TopicName, domain: &Domain, lossless: bool) -> Result<Self, OpenError> {
        let builder = Subscriber::builder(name).domain(domain).name("slotcast log").history(u64::MAX);
        let builder = builder.max_samples(IN_PLACE);
        let subscriber = if lossless { builder.lossless() } else { builder }.create()?;
        let server = Server::builder(&wire::service(name)).domain(domain).name("slotcast log");
        let server = server.create().map_err(|error: CreateError| OpenError::from(error))?;
        let layout = subscriber.layout().clone();
        Ok(Self { layout, subscriber, server, index: Index::default(), answers: Vec::new() })
    }

    /// Returns how many messages it has lost.
    pub(super) fn lost(&self) -> u64 {
        self.subscriber.lost()
    }

    /// Receives what was published. Returns how many messages that were, and what could not be received.
    pub(super) fn receive(&mut self, log: &mut Log, problem: impl Fn(&RecvError)) -> io::Result<u64> {
        let mut count = 0;
        while count < TURN {
            match self.subscriber.try_recv() {
                Ok(None) => break,
                Ok(Some(sample)) => {
                    let published_ns = sample.timestamp().unwrap_or(u64::MAX);
                    let (publisher, sequence) = (sample.publisher(), sample.sequence());
                    let head = Head { publisher, sequence, published_ns, bytes: sample.bytes().len() as u64 };
                    log.add(&mut self.index, head, sample.bytes())?;
                }
                Err(error) => problem(&error),
            }
            count += 1;
        }
        Ok(count)
    }

    /// Takes the calls that have come, and goes on with all. Returns whether there is anything left to be
    /// sent.
    pub(super) fn answer(&mut self, log: &mut Log) -> io::Result<bool> {
        while let Ok(Some(call)) = self.server.try_next() {
            let query = *call.request();
            let hash = wire::halves(self.layout.hash().0);
            if query.hash != hash {
                let text = format!("its messages are {} of another layout", self.layout.schema().type_name());
                let _ = call.refuse(&Reason::new(OTHER_LAYOUT, &text)); // a client that has gone need not know
                continue;
            }
            let (since, item) = (Instant::now(), Vec::new());
            self.answers.push(Answer { call: Some(call), query, since, spans: None, item });
        }
        let Self { answers, index, .. } = self;
        let mut failed = Ok(());
        answers.retain_mut(|answer| match answer.proceed(index, log) {
            Ok(is_left) => is_left,
            Err(error) => {
                answer.refuse(&error);
                failed = Err(error);
                false
            }
        });
        failed?;
        Ok(!self.answers.is_empty())
    }
}

impl Answer {
    /// Sends as much as the client takes. Returns whether something is left.
    fn proceed(&mut self, index: &Index, log: &mut Log) -> io::Result<bool> {
        if self.spans.is_none() {
            if !self.is_complete(index) && self.since.elapsed() < PATIENCE {
                return Ok(true);
            }
            log.flush()?;
            let Query { from, to, .. } = self.query;
            self.spans = Some(index.spans(self.query.publisher(), from, to).into());
        }
        loop {
            if self.item.is_empty() && !self.fill(log)? {
                self.finish();
                return Ok(false);
            }
            let Some(call) = &self.call else { return Ok(false) };
            match call.try_send(&self.item) {
                Ok(true) => self.item.clear(),
                Ok(false) => return Ok(true),
                Err(ServeError::Cancelled | ServeError::Expired) => {
                    self.call = None;
                    return Ok(false);
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }

    /// Returns whether the log has received all that is wanted, as far as it ever will.
    fn is_complete(&self, index: &Index) -> bool {
        let received = |publisher| index.next(publisher).is_some_and(|next| next >= self.query.to);
        self.query.publisher().is_none_or(received)
    }

    /// Reads the next item. Returns whether there is one.
    fn fill(&mut self, log: &Log) -> io::Result<bool> {
        let Some(spans) = &mut self.spans else { return Ok(false) };
        while (self.item.len() as u64) < ITEM
            && let Some(span) = spans.front_mut()
        {
            log.read(span.take(ITEM - self.item.len() as u64), &mut self.item)?;
            if span.bytes == 0 {
                spans.pop_front();
            }
        }
        Ok(!self.item.is_empty())
    }

    fn finish(&mut self) {
        if let Some(call) = self.call.take() {
            let _ = call.finish(); // a client that has gone need not know
        }
    }

    fn refuse(&mut self, error: &io::Error) {
        if let Some(call) = self.call.take() {
            let _ = call.refuse(&Reason::new(UNREADABLE, &error.to_string()));
        }
    }
}
