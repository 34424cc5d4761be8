//! How writers and readers of values are created: as publishers and subscribers.

use super::{ValueReader, ValueReaderBuilder, ValueWriter, ValueWriterBuilder, depth, part_of};
use crate::endpoint::CreateError;
use crate::publisher::Publisher;
use crate::registry::Placement;
use crate::schema::ShmMessage;
use crate::subscriber::Subscriber;

impl<T: ShmMessage> ValueReaderBuilder<T> {
    /// Creates the reader. It needs no writer.
    ///
    /// # Errors
    /// When the name is not valid, the writer's values have another layout, or the registry or memory
    /// cannot be used.
    pub fn create(self) -> Result<ValueReader<T>, CreateError> {
        let builder = Subscriber::<T>::builder(part_of(self.value)?).domain(&self.domain).name(&self.name);
        let subscriber = builder.history(1).wait(self.wait).placement(self.placement).with_kept().create()?;
        Ok(ValueReader { subscriber, current: None })
    }
}

impl<T: ShmMessage> ValueWriterBuilder<T> {
    /// Creates the writer. Readers find what was set before until it sets a value.
    ///
    /// # Errors
    /// When the name is not valid, another writer lives ([`CreateError::Exclusive`] names it), or the
    /// registry or memory cannot be used.
    pub fn create(self) -> Result<ValueWriter<T>, CreateError> {
        let topic = part_of(self.value)?;
        let placement = if self.survives { Placement::File } else { self.placement };
        let publisher = Publisher::<T>::builder(topic).domain(&self.domain).name(&self.name);
        let publisher = publisher
            .depth(depth(size_of::<T>() as u64))
            .history(1)
            .timestamps(self.timestamps)
            .placement(placement)
            .exclusive();
        let publisher = if let Some(timeout) = self.standby { publisher.standby(timeout) } else { publisher };
        Ok(ValueWriter::of(publisher.create()?, self.survives))
    }
}
