//! The layout of what is published on a topic.

use super::{Layout, OpenError, Value};
use crate::endpoint::{AttachError, CreateError};
use crate::registry::{Domain, Entry, IntoTopic, RegistryError, Role, TopicAccess as _, TopicView};

impl Layout {
    /// Returns the layout of the messages that are published on a topic now. No other process
    /// notices, and nothing is created.
    ///
    /// # Errors
    /// [`OpenError::NoPublisher`] when no publisher is present; also when the layout that it claims
    /// is invalid, or the registry cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::Publisher;
    /// use slotcast::dynamic::Layout;
    ///
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let publisher = Publisher::<[f32; 3]>::builder("point").domain(&domain).create()?;
    /// let layout = Layout::published("point", &domain)?;
    /// assert_eq!(layout.size(), 12);
    /// # drop(publisher);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn published(topic: impl IntoTopic<Value>, domain: &Domain) -> Result<Self, OpenError> {
        let topic = topic.into_topic()?;
        match TopicView::open(domain, &topic) {
            Ok(Some(view)) => Self::of_topic(&view),
            Ok(None) => Err(OpenError::NoPublisher { topic }),
            Err(reason) => Err(CreateError::Registry { topic, reason }.into()),
        }
    }

    /// Returns the layout on which the topic's publishers have agreed, or that of a value that one
    /// has left.
    pub(crate) fn of_topic(view: &TopicView) -> Result<Self, OpenError> {
        let topic = || view.name().clone();
        let failed = |reason: RegistryError| CreateError::Registry { topic: topic(), reason };
        let mut unusable = None;
        for name in view.names(Role::Publisher).map_err(failed)? {
            match view.peer(&name).map_err(failed)? {
                Entry::Absent => {}
                Entry::Live(peer) => {
                    let publisher = Box::new(peer.name);
                    return Self::new(peer.schema).map_err(|reason| OpenError::Schema {
                        topic: topic(),
                        publisher,
                        reason,
                    });
                }
                Entry::Unusable(error) => unusable = Some(error),
            }
        }
        if let Some(kept) = view.kept()
            && let Ok(layout) = Self::new(kept.schema)
        {
            return Ok(layout);
        }
        match unusable {
            None => Err(OpenError::NoPublisher { topic: topic() }),
            Some(error) => {
                let error = AttachError::new(view.name(), None, error.into());
                Err(CreateError::from(Box::new(error)).into())
            }
        }
    }
}
