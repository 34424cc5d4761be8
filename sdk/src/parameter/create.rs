//! How owners and clients of parameters are created: the value, and then the service.

use super::{Parameter, ParameterBuilder};
use crate::endpoint::CreateError;
use crate::registry::TopicName;
use crate::schema::ShmMessage;
use crate::service::Server;
use crate::value::{SetError, ValueReader, ValueWriter};
use std::time::Duration;

/// How long an owner that has taken a value over waits until the service is free, too: its process is
/// exiting.
const EXITING: Duration = Duration::from_secs(5);

impl<T: ShmMessage + Copy> ParameterBuilder<T> {
    /// Creates the parameter, and sets it.
    ///
    /// Its first value is that which an earlier owner has left, if `validate` accepts it: when that one
    /// has [survived](Self::survives_owner), and when this one has stood by. Otherwise it is `initial`,
    /// which is not validated.
    ///
    /// # Errors
    /// When the name is not valid, another owner lives ([`CreateError::Exclusive`] names it), others use
    /// another type, or the registry or memory cannot be used.
    pub fn create(mut self) -> Result<Parameter<T>, CreateError> {
        let name = TopicName::new(&self.parameter)?;
        // Before it waits: a value that does not survive is seen by readers that are present.
        let mut left = ValueReader::<T>::builder(name.as_str()).domain(&self.domain).name(&self.name).create()?;
        let writer = ValueWriter::<T>::builder(name.as_str()).domain(&self.domain).name(&self.name);
        let writer = writer.survives_writer(self.survives);
        let writer = if let Some(timeout) = self.standby { writer.standby(timeout) } else { writer }.create()?;
        let server = Server::<T, u64>::builder(name.as_str()).domain(&self.domain).name(&self.name).wait(self.wait);
        let server = if self.standby.is_some() { server.standby(EXITING) } else { server }.create()?;
        // One that cannot be read is of no use: the first of this owner takes its place.
        let left = left.get().ok().flatten().map(|value| *value);
        let value = left.filter(|left| (self.validate)(left).is_ok()).unwrap_or(self.initial);
        let topic = writer.topic().clone();
        let (validate, apply) = (self.validate, self.apply);
        let mut parameter = Parameter { writer, server, validate, apply, value };
        parameter.take(&value).map_err(|error| {
            let reason = match error {
                SetError::Keep(reason) => return CreateError::Registry { topic, reason },
                SetError::Write(reason) => format!("its first value cannot be set: {reason}"),
            };
            CreateError::Setting { topic, reason }
        })?;
        Ok(parameter)
    }
}
