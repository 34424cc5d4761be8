//! Inspecting topics without being noticed: for tools.
//!
//! An observer has no entry, no lock, no pin and no counter. It opens directories, files and memory
//! read-only, and creates and removes nothing, not even what dead processes have left. Publishers
//! and subscribers execute the same instructions whether it looks or not. Only a
//! [`watch`](Observer::watch) creates the topic's directory.
//!
//! ```
//! use slotcast::Observer;
//!
//! # let domain = slotcast::testing::TempDomain::new();
//! # let publisher = slotcast::Publisher::<u64>::builder("counter").domain(&domain).create()?;
//! let observer = Observer::new(&domain); // or `default`, for this user's domain
//! for name in observer.topics()? {
//!     let Some(topic) = observer.topic(&name)? else { continue };
//!     for endpoint in topic.endpoints()? {
//!         if let Ok(peer) = &endpoint.peer {
//!             println!("{name}: {} {}, alive: {}", peer.role, peer.name, endpoint.alive);
//!         }
//!     }
//! }
//! # drop(publisher);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod message;
mod publisher;
mod reader;
mod subscriber;
mod topic;

pub use crate::counter::{CounterSet, CounterValue, ReportedError};
pub use crate::registry::Endpoint;
pub use message::{MessageInfo, Messages};
pub use publisher::ObservedPublisher;
pub use reader::Reader;
pub use subscriber::ObservedSubscriber;
pub use topic::{MemoryUse, ObservedTopic};

use crate::dynamic::Value;
use crate::endpoint::CreateError;
use crate::membership::{Membership, MembershipError};
use crate::registry::{Domain, EndpointId, IntoTopic, Part, RegistryError, TopicName};

/// Inspects the topics of a domain. Creating one costs nothing.
///
/// # Examples
///
/// ```
/// use slotcast::{Observer, Publisher};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// # let publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// let topics = Observer::new(&domain).topics()?;
/// assert_eq!(topics[0].as_str(), "counter");
/// # drop(publisher);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Observer {
    domain: Domain,
}

impl Observer {
    /// Creates an observer of a domain. [`Observer::default`] is one of the default domain.
    pub fn new(domain: &Domain) -> Self {
        Self { domain: domain.clone() }
    }

    /// Returns the names of the topics that exist now, in order.
    ///
    /// # Errors
    /// When the domain exists and cannot be read or trusted.
    pub fn topics(&self) -> Result<Vec<TopicName>, RegistryError> {
        self.parts(None)
    }

    /// Returns the topics in which [notifiers](crate::Notifier) and listeners meet now, in order of
    /// the names of their events, which [`TopicName::split`] returns.
    ///
    /// # Errors
    /// When the domain exists and cannot be read or trusted.
    pub fn events(&self) -> Result<Vec<TopicName>, RegistryError> {
        self.parts(Some(Part::Events))
    }

    /// Returns the names of the services that have clients or servers now, in order.
    ///
    /// # Errors
    /// When the domain exists and cannot be read or trusted.
    pub fn services(&self) -> Result<Vec<TopicName>, RegistryError> {
        let mut names = self.parts(Some(Part::Requests))?;
        names.extend(self.parts(Some(Part::Responses))?);
        let mut names: Vec<_> = names.iter().filter_map(|name| TopicName::new(name.split().0).ok()).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Returns the names of the [values](crate::ValueWriter) that have a writer or readers now, or that a
    /// writer has left, in order.
    ///
    /// # Errors
    /// When the domain exists and cannot be read or trusted.
    pub fn values(&self) -> Result<Vec<TopicName>, RegistryError> {
        let topics = self.parts(Some(Part::Value))?;
        Ok(topics.iter().filter_map(|topic| TopicName::new(topic.split().0).ok()).collect())
    }

    /// Returns the counters of all processes that have some, in order of their names. They can be read
    /// after their process has ended, as long as they are kept.
    ///
    /// # Errors
    /// When the domain exists and cannot be read or trusted.
    pub fn counters(&self) -> Result<Vec<CounterSet>, RegistryError> {
        self.counters_but(|_| false)
    }

    /// Returns the same, but those that are known: to keep up with processes that come.
    ///
    /// # Errors
    /// As [`counters`](Self::counters).
    pub fn counters_but(&self, is_known: impl Fn(EndpointId) -> bool) -> Result<Vec<CounterSet>, RegistryError> {
        let mut sets = Vec::new();
        for topic in self.parts(Some(Part::Counters))? {
            sets.extend(CounterSet::open_all(&self.domain, &topic, &is_known)?);
        }
        Ok(sets)
    }

    fn parts(&self, part: Option<Part>) -> Result<Vec<TopicName>, RegistryError> {
        let mut names = self.domain.topics()?;
        names.retain(|name| name.split().1 == part);
        Ok(names)
    }

    /// Returns a topic to be inspected. Returns `None` if no endpoint is in it.
    ///
    /// # Errors
    /// When its name is not valid, or it cannot be opened or trusted.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::Observer;
    /// # let domain = slotcast::testing::TempDomain::new();
    /// assert!(Observer::new(&domain).topic("robot/imu")?.is_none()); // nobody is there yet
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn topic(&self, name: impl IntoTopic<Value>) -> Result<Option<ObservedTopic>, CreateError> {
        let name = name.into_topic()?;
        ObservedTopic::open(&self.domain, &name).map_err(|reason| CreateError::Registry { topic: name, reason })
    }

    /// Returns a membership that reports the endpoints of a topic, those of both roles: which join,
    /// leave, die or fall silent. The topic needs no endpoint yet.
    ///
    /// Endpoints still do not notice it. But unlike everything else here it creates the topic's
    /// directory, which exists as long as it does, and it removes what dead endpoints have left.
    /// Some system calls; see [`Membership`] for what it holds.
    ///
    /// # Errors
    /// When the topic's name is not valid, or the registry cannot be used.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::registry::Role;
    /// use slotcast::{MemberEvent, Observer, Publisher, Subscriber};
    ///
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let mut watch = Observer::new(&domain).watch("robot/imu")?; // nobody is there yet
    /// let publisher = Publisher::<u64>::builder("robot/imu").domain(&domain).create()?;
    /// let subscriber = Subscriber::<u64>::builder("robot/imu").domain(&domain).create()?;
    /// for _ in 0..2 {
    ///     let MemberEvent::Joined(peer) = watch.next()? else { panic!("they have joined") };
    ///     println!("{} {peer}", peer.role); // publisher pid …
    /// }
    /// drop(publisher);
    /// assert!(matches!(watch.next()?, MemberEvent::Left(peer) if peer.role == Role::Publisher));
    /// # drop(subscriber);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn watch(&self, name: impl IntoTopic<Value>) -> Result<Membership, MembershipError> {
        Membership::of_all(&self.domain, &name.into_topic()?)
    }
}
