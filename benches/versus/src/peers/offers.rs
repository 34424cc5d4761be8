//! Which peers offer what beside messages.

use super::by_messages::{ByMessages, ByMessagesAndEvents};
use super::{
    Events, Failure, Name, Services, Unsupported, Values, bare, eventfd::Eventfd, iceoryx2, seq_lock, slotcast,
};
use crate::measures::Pattern;

/// Something to do with any peer's events.
pub(crate) trait EventsVisitor {
    type Result;
    fn visit<E: Events>(self) -> Self::Result;
}

/// Something to do with any peer's requests and responses.
pub(crate) trait ServicesVisitor {
    type Result;
    fn visit<S: Services>(self) -> Self::Result;
}

/// Something to do with any peer's values.
pub(crate) trait ValuesVisitor {
    type Result;
    fn visit<V: Values>(self) -> Self::Result;
}

impl Name {
    /// Returns whether it takes part in measurements of a pattern.
    pub(crate) fn offers(self, pattern: Pattern) -> bool {
        let offers: &[Pattern] = match self {
            Self::Slotcast | Self::Iceoryx2 | Self::Iceoryx2Defaults => {
                &[Pattern::Messages, Pattern::Events, Pattern::Services, Pattern::Values]
            }
            Self::SlotcastUntimed | Self::SeqLock => &[Pattern::Values],
            Self::Slot => &[Pattern::Messages, Pattern::Services],
            Self::Eventfd => &[Pattern::Events, Pattern::Services],
            _ => &[Pattern::Messages],
        };
        offers.contains(&pattern)
    }

    /// Does something with this peer's events.
    pub(crate) fn visit_events<V: EventsVisitor>(self, visitor: V) -> Result<V::Result, Failure> {
        match self {
            Self::Slotcast => Ok(visitor.visit::<slotcast::Slotcast>()),
            Self::Eventfd => Ok(visitor.visit::<Eventfd>()),
            Self::Iceoryx2 => Ok(visitor.visit::<iceoryx2::Fastest>()),
            Self::Iceoryx2Defaults => Ok(visitor.visit::<iceoryx2::Defaults>()),
            _ => Err(Unsupported("it has no events".into()).into()),
        }
    }

    /// Does something with this peer's requests and responses.
    pub(crate) fn visit_services<V: ServicesVisitor>(self, visitor: V) -> Result<V::Result, Failure> {
        match self {
            Self::Slotcast => Ok(visitor.visit::<slotcast::Slotcast>()),
            Self::Slot => Ok(visitor.visit::<ByMessages<bare::Slot>>()),
            Self::Eventfd => Ok(visitor.visit::<ByMessagesAndEvents<bare::Slot, Eventfd>>()),
            Self::Iceoryx2 => Ok(visitor.visit::<iceoryx2::Fastest>()),
            Self::Iceoryx2Defaults => Ok(visitor.visit::<iceoryx2::Defaults>()),
            _ => Err(Unsupported("it has no requests and responses".into()).into()),
        }
    }

    /// Does something with this peer's values.
    pub(crate) fn visit_values<V: ValuesVisitor>(self, visitor: V) -> Result<V::Result, Failure> {
        match self {
            Self::Slotcast => Ok(visitor.visit::<slotcast::Slotcast>()),
            Self::SlotcastUntimed => Ok(visitor.visit::<slotcast::Untimed>()),
            Self::SeqLock => Ok(visitor.visit::<seq_lock::SeqLock>()),
            Self::Iceoryx2 => Ok(visitor.visit::<iceoryx2::Fastest>()),
            Self::Iceoryx2Defaults => Ok(visitor.visit::<iceoryx2::Defaults>()),
            _ => Err(Unsupported("it keeps no values".into()).into()),
        }
    }
}
