use crate::endpoint::CreateError;
use crate::registry::Domain;
use crate::schema::ShmMessage;
use crate::service::{CallError, Client, Reason, Response};
use crate::subscriber::RecvError;
use crate::value::{Value, ValueReader};
use std::fmt;
use std::time::Duration;

/// Reads a [`Parameter`](crate::Parameter), and asks its owner for another value.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut rate = slotcast::Parameter::builder("robot/rate", 100.0_f64).domain(&domain).create()?;
/// # let owner = std::thread::spawn(move || rate.wait(std::time::Duration::from_secs(10)).unwrap());
/// use slotcast::ParameterClient;
///
/// let mut rate = ParameterClient::<f64>::of("robot/rate", &domain)?;
/// rate.set(&200.0)?; // waits for the owner, up to 5 s
/// assert_eq!(*rate.get()?.expect("its owner has set it"), 200.0);
/// # owner.join().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ParameterClient<T: ShmMessage> {
    reader: ValueReader<T>,
    client: Client<T, u64>,
}

impl<T: ShmMessage> ParameterClient<T> {
    /// Creates a client of a parameter in the default domain.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn new(name: &str) -> Result<Self, CreateError> {
        Self::of(name, &Domain::default())
    }

    /// Creates a client of a parameter. It needs no owner.
    ///
    /// # Errors
    /// When the name is not valid, the owner uses another type, or the registry or memory cannot be
    /// used.
    pub fn of(name: &str, domain: &Domain) -> Result<Self, CreateError> {
        let reader = ValueReader::builder(name).domain(domain).create()?;
        let client = Client::builder(name).domain(domain).create()?;
        Ok(Self { reader, client })
    }

    /// Returns the newest value. See [`ValueReader::get`].
    ///
    /// # Errors
    /// As [`ValueReader::get`].
    pub fn get(&mut self) -> Result<Option<Value<'_, T>>, RecvError> {
        self.reader.get()
    }

    /// Asks the owner for another value, and waits up to 5 s until it has taken or refused it. Returns
    /// the [number](crate::Version::number) of its version. Readers find the value, or a newer one, from
    /// then on.
    ///
    /// # Errors
    /// [`CallError::Refused`] says why the owner does not take it. If there is no owner, or it does not
    /// poll, the call [expires](CallError::Expired).
    pub fn set(&self, value: &T) -> Result<u64, CallError> {
        number(self.client.call(value)?.one()?)
    }

    /// The same as [`set`](Self::set), but waits up to `timeout`.
    ///
    /// # Errors
    /// As [`set`](Self::set), and for a timeout of zero.
    pub fn set_within(&self, value: &T, timeout: Duration) -> Result<u64, CallError> {
        number(self.client.call_within(value, timeout)?.one()?)
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn into_parts(self) -> (ValueReader<T>, Client<T, u64>) {
        (self.reader, self.client)
    }

    /// Returns what reads the value, to wait for changes.
    pub fn reader(&mut self) -> &mut ValueReader<T> {
        &mut self.reader
    }
}

/// Returns the number of the version. A server that ends without one is no owner of a parameter.
pub(crate) fn number(response: Option<Response<u64>>) -> Result<u64, CallError> {
    let no_owner = || Reason::new(Reason::MALFORMED, "its server does not say which version the value became");
    response.map(|number| *number).ok_or_else(|| CallError::Refused(no_owner()))
}

impl<T: ShmMessage> fmt::Debug for ParameterClient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParameterClient").field("topic", self.reader.topic()).finish_non_exhaustive()
    }
}
