//! Whether both sides of a service mean the same types.

use crate::endpoint::CreateError;
use crate::membership::{MemberEvent, Membership, MembershipError, Refusal};
use crate::registry::TopicName;

/// Checks that the subscribers of one of the service's topics take what its new publisher sends.
///
/// Subscribers check that themselves, but report it where they are: the publisher would send to
/// nobody.
pub(crate) fn check(topic: &TopicName, membership: Result<Membership, MembershipError>) -> Result<(), CreateError> {
    let failed = |error| match error {
        MembershipError::Registry { topic, reason } => CreateError::Registry { topic, reason },
        other => CreateError::Setting { topic: topic.clone(), reason: other.to_string() },
    };
    let mut membership = membership.map_err(failed)?;
    while let Some(event) = membership.try_next().map_err(failed)? {
        if let MemberEvent::Refused { reason: Refusal::Mismatch(mismatch), .. } = event {
            return Err(CreateError::Mismatch(mismatch));
        }
    }
    Ok(())
}
