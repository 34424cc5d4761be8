use super::fetch::NotCopied;
use crate::endpoint::{AttachError, CreateError, Mismatch, NotLossless};
use crate::registry::{PeerName, RegistryError};
use crate::shm::Descriptor;

/// A publisher that cannot be read from.
#[derive(Debug)]
pub(crate) enum Refused {
    Mismatch(Box<Mismatch>),
    Attach(Box<AttachError>),
}

impl From<Refused> for CreateError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Mismatch(mismatch) => mismatch.into(),
            Refused::Attach(error) => error.into(),
        }
    }
}

/// What reading can fail with. It is passed in a box, so that what is read can be passed in registers.
#[derive(Debug)]
pub(crate) enum ReadFailure {
    Refused(Refused),
    Corrupt {
        publisher: PeerName,
        sequence: u64,
        stamp: u64,
    },
    Wrong {
        publisher: PeerName,
        sequence: u64,
        descriptor: Descriptor,
    },
    /// The same of a message that is shown while it is written.
    WronglyShown {
        publisher: PeerName,
        descriptor: Descriptor,
    },
    /// A message that would have to be copied is left out.
    NotCopied {
        publisher: PeerName,
        sequence: u64,
        reason: NotCopied,
    },
    NotLossless {
        publisher: PeerName,
        reason: NotLossless,
    },
    Registry(RegistryError),
    Forked,
    /// Waits were ended from elsewhere.
    Closed,
}

impl From<RegistryError> for Box<ReadFailure> {
    fn from(error: RegistryError) -> Self {
        Self::new(ReadFailure::Registry(error))
    }
}

impl ReadFailure {
    #[cold]
    pub(super) fn forked() -> Box<Self> {
        Box::new(Self::Forked)
    }
}
