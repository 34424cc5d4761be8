//! How a publisher joins the others of its topic. How they agree is in
//! `registry::topic::agreement`.

use crate::endpoint::{CreateError, Mismatch, Side};
use crate::registry::{Agreement, Patience, Role, TopicDirectory};
use crate::schema::Schema;
use crate::sys::lock::Hold;

/// Makes this endpoint a publisher of the topic, if its schema is the one that live publishers have
/// agreed on.
pub(crate) fn become_publisher(
    topic: &TopicDirectory,
    ours: &Schema,
    exclusive: bool,
    patience: Patience,
) -> Result<(), CreateError> {
    let hold = if exclusive { Hold::Alone } else { Hold::Shared };
    let agreement = topic
        .join_publishers(ours, hold, patience)
        .map_err(|reason| CreateError::Registry { topic: topic.name().clone(), reason })?;
    match agreement {
        Agreement::Joined => Ok(()),
        Agreement::Exclusive { other, lock_holders } => {
            Err(CreateError::Exclusive { topic: topic.name().clone(), publisher: other, lock_holders })
        }
        Agreement::Mismatch { theirs, publisher } => {
            let [ours, theirs] = [ours, &*theirs].map(|schema| Side { role: Role::Publisher, schema });
            Err(Mismatch::new(topic.name(), ours, theirs, publisher.as_ref()).into())
        }
    }
}
