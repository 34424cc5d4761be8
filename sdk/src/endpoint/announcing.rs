use super::CreateError;
use crate::registry::{Announcement, EndpointId, MemoryEntry, Qos, Registration, Role, TopicDirectory};
use crate::schema::{Schema, SchemaHash};
use std::io;

/// What is announced of memory that others only read: events, counters.
pub(crate) struct Announced<'a> {
    /// A name for people.
    pub(crate) name: &'a str,
    pub(crate) schema: &'a Schema,
    pub(crate) hash: SchemaHash,
    /// The size of the memory.
    pub(crate) bytes: usize,
}

/// Makes memory, and announces it as a publisher's. `create` makes it, for a new id, and `entry` returns
/// what is to be said of it.
///
/// # Errors
/// When there is no memory, or the registry cannot be used. Nothing is left then.
pub(crate) fn announce_memory<S>(
    directory: &TopicDirectory,
    announced: &Announced<'_>,
    create: impl FnOnce(EndpointId) -> io::Result<S>,
    entry: impl FnOnce(&S) -> io::Result<MemoryEntry>,
) -> Result<(S, Announcement, Registration), CreateError> {
    let topic = || directory.name().clone();
    let &Announced { name, schema, hash, bytes } = announced;
    let memory = |reason| CreateError::Memory { topic: topic(), bytes: bytes as u64, reason };
    let id = EndpointId::random().map_err(memory)?;
    let segment = create(id).map_err(memory)?;
    let announced: Result<_, CreateError> = (|| {
        let memory = Some(entry(&segment).map_err(memory)?);
        let (name, schema, qos) = (name.to_owned(), schema.clone(), Qos::default());
        let announcement = Announcement { role: Role::Publisher, id, name, schema, hash, qos, memory };
        let registered = directory.announce(&announcement);
        let registration = registered.map_err(|reason| CreateError::Registry { topic: topic(), reason })?;
        Ok((announcement, registration))
    })();
    let (announcement, registration) = announced.inspect_err(|_| directory.forget_memory(id))?;
    Ok((segment, announcement, registration))
}
