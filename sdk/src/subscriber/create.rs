//! How a subscriber is created: its settings are validated, its memory is made, and then it is
//! announced and joins the publishers that are present.

use super::core::SubscriberCore;
use super::fetch::Fetcher;
use super::grant::LosslessRequest;
use super::pins::{Board, Pins};
use super::rate::RateFilter;
use super::settings::SubscriberSettings;
use super::sources::{Sources, Subscription};
use crate::endpoint::{CreateError, Recheck, Retry};
use crate::protocol::grant;
use crate::record::{Alive, Checked};
use crate::registry::{Announcement, EndpointId, Qos, Registration, RegistryError, Role, TopicDirectory, TopicName};
use crate::schema::{Schema, SchemaHash};
use crate::shm::{Content, ControlPage, Extent, MAX_PINS};
use crate::sys::fork::Origin;
use crate::sys::{barrier, process};
use crate::wait::Closer;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After this time others see what this process has stored, and it sees what others had stored,
/// even if they execute no barriers: processors hold stores back for microseconds at most.
const UNTIL_SEEN: Duration = Duration::from_millis(1);

/// The messages that a subscriber receives.
pub(crate) struct Messages {
    pub(crate) schema: Arc<Schema>,
    pub(crate) hash: SchemaHash,
    /// What of them has to be checked. A type can have fewer valid values than its schema says.
    pub(crate) checked: Checked,
    /// What describes them to holders of samples without a type.
    pub(crate) description: Option<Alive>,
}

/// A subscriber to be created: its settings, which are in range, and what follows from them.
struct Plan<'a> {
    topic: &'a TopicName,
    settings: &'a SubscriberSettings,
    schema: Arc<Schema>,
    hash: SchemaHash,
    description: Option<Alive>,
    rate: RateFilter,
    is_pooled: bool,
    /// How many pins it has: 0 if nothing is held in place.
    pins: usize,
    /// The size of a header that is copied and checked while its elements stay in place, in bytes.
    header: usize,
}

/// The memory of a subscriber.
struct Made {
    id: EndpointId,
    control: Arc<ControlPage>,
    pins: Option<Pins>,
    board: Option<Arc<Board>>,
}

/// A subscriber that is announced and has joined.
type Created = (Announcement, Option<Arc<Board>>, Registration, Sources<TopicDirectory>);

impl SubscriberCore {
    /// Creates a subscriber.
    pub(crate) fn create(
        topic: &TopicName,
        settings: &SubscriberSettings,
        messages: Messages,
    ) -> Result<Self, CreateError> {
        let plan = Plan::validate(topic, settings, messages)?;
        let retry = Retry::new();
        let (directory, (announcement, board, registration, sources)) = loop {
            let directory = TopicDirectory::enter(&settings.domain, topic).map_err(|reason| plan.registry(reason))?;
            let directory = Arc::new(directory);
            match plan.create_in(&directory) {
                Ok(created) => break (directory, created),
                Err(_) if retry.is_worthwhile(&directory) => {}
                Err(error) => return Err(error),
            }
        };
        Ok(Self {
            closer: Closer::new(&directory),
            topic: directory,
            registrations: vec![registration],
            board,
            sources,
            wait: settings.wait,
            trusts_publishers: settings.trusts_publishers,
            readiness: None,
            refreshed_at: Instant::now(),
            recheck: Recheck::new(),
            origin: Origin::here(),
            domain: settings.domain.clone(),
            announcement,
        })
    }
}

impl<'a> Plan<'a> {
    /// Checks that all settings are in range.
    fn validate(
        topic: &'a TopicName,
        settings: &'a SubscriberSettings,
        messages: Messages,
    ) -> Result<Self, CreateError> {
        let Messages { schema, hash, checked, description } = messages;
        let setting = |reason| CreateError::Setting { topic: topic.clone(), reason };
        let rate = RateFilter::new(settings.latest, settings.rate_limit).map_err(setting)?;
        if settings.lossless && rate.is_set() {
            return Err(setting(
                "`lossless` cannot be combined with `latest` or `rate_limit`, which skip messages: leave one out"
                    .into(),
            ));
        }
        let max_samples = settings.max_samples;
        let Some(pins) = usize::try_from(max_samples).ok().filter(|&pins| pins <= MAX_PINS) else {
            return Err(setting(format!("`max_samples` is {max_samples}, and must be between 0 and {MAX_PINS}")));
        };
        let is_pooled = Content::of(&schema).is_pooled();
        let (in_place, header) = match checked {
            Checked::Nothing => (is_pooled, 0),
            Checked::Header(bytes) => (is_pooled, bytes),
            Checked::Everything => (is_pooled && settings.trusts_publishers, 0),
        };
        let pins = if in_place { pins } else { 0 };
        Ok(Self { topic, settings, schema, hash, description, rate, is_pooled, pins, header })
    }

    /// Makes a subscriber of the topic.
    fn create_in(&self, directory: &Arc<TopicDirectory>) -> Result<Created, CreateError> {
        let made = self.make_memory(directory)?;
        let announcement = self.announcement(&made)?;
        let (id, board) = (made.id, made.board.clone());
        let joined = self.announce_and_join(directory, &announcement, made);
        let (registration, sources) = joined.inspect_err(|_| directory.forget_memory(id))?;
        Ok((announcement, board, registration, sources))
    }

    /// Makes the control page, with the pins in it.
    fn make_memory(&self, directory: &TopicDirectory) -> Result<Made, CreateError> {
        let memory = |reason| self.memory(reason);
        let id = EndpointId::random().map_err(memory)?;
        let control = ControlPage::create(directory, self.settings.placement, id, self.hash, self.pins);
        let control = Arc::new(control.map_err(memory)?);
        let new_pins = || Pins::new(&control, id, self.header, self.description.as_ref());
        let pins = (self.pins > 0).then(new_pins).transpose().map_err(memory)?;
        let board = pins.as_ref().map(|pins| Arc::clone(pins.board()));
        Ok(Made { id, control, pins, board })
    }

    /// Returns what the subscriber's entry will contain.
    fn announcement(&self, made: &Made) -> Result<Announcement, CreateError> {
        let SubscriberSettings { history, latest, lossless, ref name, .. } = *self.settings;
        Ok(Announcement {
            role: Role::Subscriber,
            id: made.id,
            name: name.clone(),
            schema: Schema::clone(&self.schema),
            hash: self.hash,
            qos: Qos { history, latest, lossless, max_samples: self.pins as u64, ..Qos::default() },
            memory: Some(made.control.entry().map_err(|reason| self.memory(reason))?),
        })
    }

    /// Announces the subscriber and attaches the publishers that are present, in the order that its
    /// delivery requires.
    ///
    /// One that requests lossless delivery is announced first. Then each publisher either notices
    /// it before its next message, and grants everything from there on, or has published that
    /// message before this subscriber loads its head, and is read from there on. So nothing is lost
    /// between where reading starts and where the grant does: see [`grant::join`].
    ///
    /// Any other joins first. So one that cannot be created was never seen, and a publisher that
    /// waited for a subscriber knows that what is published next is received.
    fn announce_and_join(
        &self,
        directory: &Arc<TopicDirectory>,
        announcement: &Announcement,
        made: Made,
    ) -> Result<(Registration, Sources<TopicDirectory>), CreateError> {
        let announce = || directory.announce(announcement).map_err(|reason| self.registry(reason));
        if !self.settings.lossless {
            let mut sources = self.join(directory, made, None)?;
            let registration = announce()?;
            // Until now publishers could withdraw what it had not read, as they did not know of it.
            sources.start_after_withdrawn();
            return Ok((registration, sources));
        }
        let request = LosslessRequest { id: made.id, offers_barriers: barrier::register() };
        let registration = announce()?;
        let barrier = || {
            if !barrier::everywhere() {
                process::sleep(UNTIL_SEEN);
            }
        };
        match grant::join(barrier, || self.join(directory, made, Some(request))) {
            Ok(sources) => Ok((registration, sources)),
            Err(error) => {
                directory.withdraw(registration);
                Err(error)
            }
        }
    }

    /// Attaches the publishers that are present.
    fn join(
        &self,
        directory: &Arc<TopicDirectory>,
        made: Made,
        request: Option<LosslessRequest>,
    ) -> Result<Sources<TopicDirectory>, CreateError> {
        let Made { control, pins, .. } = made;
        let (extent, max_copy) = (Extent::of(&self.schema), self.settings.max_copy);
        let new_fetcher = || Fetcher::new(extent, pins, max_copy, self.description.clone());
        let subscription = Subscription {
            schema: Arc::clone(&self.schema),
            hash: self.hash,
            description: self.description.clone(),
            fetcher: self.is_pooled.then(new_fetcher),
            history: self.settings.history,
            kept: self.settings.kept,
            rate: self.rate,
            request,
        };
        Sources::join(Arc::clone(directory), Some(control), subscription)
    }

    fn registry(&self, reason: RegistryError) -> CreateError {
        CreateError::Registry { topic: self.topic.clone(), reason }
    }

    fn memory(&self, reason: io::Error) -> CreateError {
        CreateError::Memory { topic: self.topic.clone(), bytes: ControlPage::BYTES as u64, reason }
    }
}
