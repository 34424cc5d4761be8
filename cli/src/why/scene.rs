use crate::context::Context;
use slotcast::observer::{Endpoint, ObservedPublisher, ObservedSubscriber, ObservedTopic};
use slotcast::registry::{EntryError, Peer, Role};
use slotcast::{AttachReason, CreateError, TopicName};
use std::thread;
use std::time::{Duration, Instant};

/// How long publishers are watched.
pub(crate) const WATCHED: Duration = Duration::from_secs(1);
/// How often the watch checks whether all have published by now.
const STEP: Duration = Duration::from_millis(20);

/// A topic, as it was while it was watched.
pub(super) struct Scene<'a> {
    pub(super) context: &'a Context,
    pub(super) topic: &'a TopicName,
    pub(super) observed: Option<ObservedTopic>,
    /// Why the topic could not be read.
    pub(super) refused: Option<CreateError>,
    /// Those that live, and whose memory can be read.
    pub(super) publishers: Vec<Watched>,
    pub(super) subscribers: Vec<ObservedSubscriber>,
    /// Endpoints that have died.
    pub(super) dead: Vec<Peer>,
    /// Entries that cannot be used.
    pub(super) unusable: Vec<EntryError>,
    /// Living endpoints whose memory cannot be read, and why.
    pub(super) unreadable: Vec<(String, AttachReason)>,
}

/// A publisher that was watched.
pub(super) struct Watched {
    pub(super) publisher: ObservedPublisher,
    /// How much it has published when the watch began.
    published_before: u64,
    activity_before: u64,
    /// How long it was watched here; `None` if only the caller has watched the topic.
    time: Option<Duration>,
}

impl Watched {
    fn begin(publisher: ObservedPublisher) -> Self {
        let (published_before, activity_before) = (publisher.published(), publisher.activity());
        Self { publisher, published_before, activity_before, time: None }
    }

    /// Returns how many messages it has published since the watch began.
    pub(super) fn messages(&self) -> u64 {
        self.publisher.published().saturating_sub(self.published_before)
    }

    /// Returns whether it has asserted that it is alive since the watch began, or published.
    /// Returns `None` if it was not watched.
    pub(super) fn is_active(&self) -> Option<bool> {
        self.time.map(|_| self.publisher.activity() != self.activity_before)
    }

    /// Returns how long it was watched.
    pub(super) fn time(&self) -> Duration {
        self.time.unwrap_or(WATCHED)
    }
}

impl<'a> Scene<'a> {
    /// Looks at a topic. Its publishers are to be [watched](watch) then.
    pub(super) fn of(context: &'a Context, topic: &'a TopicName) -> Self {
        let mut scene = Self {
            context,
            topic,
            observed: None,
            refused: None,
            publishers: Vec::new(),
            subscribers: Vec::new(),
            dead: Vec::new(),
            unusable: Vec::new(),
            unreadable: Vec::new(),
        };
        match context.observer().topic(topic) {
            Ok(observed) => scene.observed = observed,
            Err(error) => scene.refused = Some(error),
        }
        let endpoints = scene.observed.as_ref().map(ObservedTopic::endpoints).transpose();
        match endpoints {
            Ok(endpoints) => endpoints.into_iter().flatten().for_each(|endpoint| scene.add(endpoint)),
            Err(reason) => scene.refused = Some(CreateError::Registry { topic: topic.clone(), reason }),
        }
        scene
    }

    fn add(&mut self, endpoint: Endpoint) {
        let (peer, alive) = match endpoint {
            Endpoint { peer: Err(error), .. } => return self.unusable.push(error),
            Endpoint { peer: Ok(peer), alive, .. } => (peer, alive),
        };
        if !alive {
            return self.dead.push(peer);
        }
        let Some(topic) = &self.observed else { return };
        let name = format!("{} ({})", peer.role, peer.name);
        let opened = match peer.role {
            Role::Publisher => topic.publisher(peer).map(|it| self.publishers.push(Watched::begin(it))),
            Role::Subscriber => topic.subscriber(peer).map(|it| self.subscribers.push(it)),
        };
        if let Err(reason) = opened {
            self.unreadable.push((name, reason));
        }
    }

    /// Returns how many messages were published while it was watched.
    pub(super) fn messages(&self) -> u64 {
        self.publishers.iter().map(Watched::messages).sum()
    }
}

/// Waits until every publisher of some topics has published, at most [`WATCHED`].
pub(super) fn watch(scenes: &mut [Scene<'_>]) {
    let begin = Instant::now();
    let is_silent = |scene: &Scene<'_>| scene.publishers.iter().any(|watched| watched.messages() == 0);
    while scenes.iter().any(is_silent) && begin.elapsed() < WATCHED {
        thread::sleep(STEP);
    }
    for watched in scenes.iter_mut().flat_map(|scene| &mut scene.publishers) {
        watched.time = Some(begin.elapsed());
    }
}
