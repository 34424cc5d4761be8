//! How a domain is cleaned of what dead processes have left.

use super::TopicDirectory;
use crate::registry::{Domain, RegistryError, Role};

impl Domain {
    /// Removes what dead processes have left in this domain: entries, memory files, and topics
    /// without a live endpoint. It touches nothing that belongs to a live process. Endpoints do
    /// the same little by little: each for the topic that it enters, and for a few others.
    ///
    /// # Errors
    /// When the domain exists and cannot be read or trusted, or one of its files cannot be removed.
    pub fn clean(&self) -> Result<(), RegistryError> {
        for topic in self.topics()? {
            // Entering removes files without an owner, opening removes entries of the dead, and
            // leaving last removes the rest.
            let topic = TopicDirectory::enter_quietly(self, &topic)?;
            for role in [Role::Publisher, Role::Subscriber] {
                for name in topic.names(role)? {
                    topic.open(&name)?;
                }
            }
        }
        Ok(())
    }
}
