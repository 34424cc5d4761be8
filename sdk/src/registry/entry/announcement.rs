use super::{EndpointId, Qos, Role};
use crate::registry::memory::MemoryEntry;
use crate::schema::{Schema, SchemaHash};

/// What an endpoint announces about itself.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// What it is.
    pub role: Role,
    /// Its identity.
    pub id: EndpointId,
    /// A name for people; may be empty.
    pub name: String,
    /// The layout of its messages.
    pub schema: Schema,
    /// The hash of the schema.
    pub hash: SchemaHash,
    /// How it was configured.
    pub qos: Qos,
    /// Where its memory is.
    pub memory: Option<MemoryEntry>,
}
