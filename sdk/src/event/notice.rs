use crate::registry::PeerName;
use std::fmt;
use std::sync::Arc;

/// What a listener hears.
///
/// For each notifier `Joined` comes first, then its events, and `Left` or `Died` last, after the
/// last of its events.
///
/// # Examples
///
/// ```
/// use slotcast::Notice;
///
/// fn log(notice: &Notice) {
///     match notice {
///         Notice::Event { id, count, .. } => println!("event {id}: {count} times"),
///         Notice::Died(notifier) => eprintln!("lost {notifier}: stopping"),
///         notice => println!("{notice}"),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice<E = u8> {
    /// Something has happened.
    Event {
        /// What.
        id: E,
        /// How often since this listener last heard of it from this notifier: at least once.
        count: u64,
        /// Who has told.
        notifier: Arc<PeerName>,
    },
    /// A notifier has joined, or was present when the listener was created.
    Joined(Arc<PeerName>),
    /// A notifier was dropped. All its events were heard.
    Left(Arc<PeerName>),
    /// The process of a notifier has ended without dropping it. All its events were heard.
    Died(Arc<PeerName>),
}

impl<E> Notice<E> {
    /// Returns the notifier that it is about.
    pub fn notifier(&self) -> &PeerName {
        match self {
            Self::Event { notifier, .. } | Self::Joined(notifier) | Self::Left(notifier) | Self::Died(notifier) => {
                notifier
            }
        }
    }

    /// Returns the id and how often it has happened, if it is an event.
    pub fn event(&self) -> Option<(E, u64)>
    where
        E: Copy,
    {
        match *self {
            Self::Event { id, count, .. } => Some((id, count)),
            _ => None,
        }
    }
}

impl<E: fmt::Debug> fmt::Display for Notice<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { id, count, notifier } => write!(f, "{id:?} × {count} of {notifier}"),
            Self::Joined(notifier) => write!(f, "{notifier} has joined"),
            Self::Left(notifier) => write!(f, "{notifier} has left"),
            Self::Died(notifier) => write!(f, "{notifier} has died"),
        }
    }
}
