//! Codes and texts of errors.

use slotcast::dynamic::{self, OpenError};
use slotcast::{AttachError, CloseError, CreateError, LoanError, PublishError, RecvError};
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a function returns: one of the `SC_…` of the header.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(i32);

impl Code {
    pub(crate) const OK: Self = Self(0);
    pub(crate) const EMPTY: Self = Self(1);
    pub(crate) const ENDED: Self = Self(2);
    pub(crate) const CLOSED: Self = Self(3);
    pub(crate) const FULL: Self = Self(4);
    const OTHER: Self = Self(16);
    const ARGUMENT: Self = Self(17);
    const MISMATCH: Self = Self(18);
    const EXCLUSIVE: Self = Self(19);
    const LOSSLESS: Self = Self(20);
    const MEMORY: Self = Self(21);
    pub(crate) const INVALID: Self = Self(22);
    const CORRUPT: Self = Self(23);
    const SYSTEM: Self = Self(24);
    const TIMEOUT: Self = Self(25);
    const INTERNAL: Self = Self(26);
}

/// A code that is no success, and the text for the thread.
pub(crate) struct Failure {
    code: Code,
    text: String,
}

impl Failure {
    pub(crate) fn new(code: Code, text: impl Display) -> Self {
        Self { code, text: text.to_string() }
    }

    pub(crate) fn argument(text: impl Display) -> Self {
        Self::new(Code::ARGUMENT, text)
    }

    pub(crate) fn system(text: impl Display) -> Self {
        Self::new(Code::SYSTEM, text)
    }
}

impl From<CreateError> for Failure {
    fn from(error: CreateError) -> Self {
        let code = match &error {
            CreateError::TopicName(_) | CreateError::Setting { .. } => Code::ARGUMENT,
            CreateError::Mismatch(_) => Code::MISMATCH,
            CreateError::Exclusive { .. } => Code::EXCLUSIVE,
            CreateError::NotLossless { .. } => Code::LOSSLESS,
            CreateError::Memory { .. } => Code::MEMORY,
            CreateError::Attach(_) => Code::CORRUPT,
            CreateError::Registry { .. } => Code::SYSTEM,
            _ => Code::OTHER,
        };
        Self::new(code, error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Create(error) => error.into(),
            error => Self::new(Code::OTHER, error),
        }
    }
}

impl From<RecvError> for Failure {
    fn from(error: RecvError) -> Self {
        let code = match &error {
            RecvError::Mismatch(_) => Code::MISMATCH,
            RecvError::Closed { .. } => Code::CLOSED,
            RecvError::Invalid { .. } | RecvError::InvalidPartial { .. } => Code::INVALID,
            RecvError::Attach(_) | RecvError::Corrupt { .. } | RecvError::NotInPool { .. } => Code::CORRUPT,
            _ => Code::OTHER,
        };
        Self::new(code, error)
    }
}

impl From<LoanError> for Failure {
    fn from(error: LoanError) -> Self {
        let code = match &error {
            LoanError::TooLong { .. } => Code::ARGUMENT,
            LoanError::Forked { .. } => Code::OTHER,
            _ => Code::MEMORY,
        };
        Self::new(code, error)
    }
}

impl From<dynamic::PublishError> for Failure {
    fn from(error: dynamic::PublishError) -> Self {
        let code = match &error {
            dynamic::PublishError::Value(_) | dynamic::PublishError::Bytes(_) => Code::INVALID,
            dynamic::PublishError::Publish(PublishError::Full { .. }) => Code::FULL,
            dynamic::PublishError::Publish(PublishError::LagTimeout(_)) => Code::TIMEOUT,
            dynamic::PublishError::Publish(PublishError::NoMemory(_)) => Code::MEMORY,
            dynamic::PublishError::Publish(_) => Code::OTHER,
        };
        Self::new(code, error)
    }
}

impl From<CloseError> for Failure {
    fn from(error: CloseError) -> Self {
        Self::new(Code::TIMEOUT, error)
    }
}

impl From<Box<AttachError>> for Failure {
    fn from(error: Box<AttachError>) -> Self {
        Self::new(Code::CORRUPT, error)
    }
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::new(CString::default());
}

/// Returns the text of the last error of this thread.
#[unsafe(no_mangle)]
pub extern "C" fn sc_last_error() -> *const c_char {
    LAST.with_borrow(|last| last.as_ptr())
}

/// Does what a function is for. Stores the text of an error, and stops a panic.
pub(crate) fn guard(act: impl FnOnce() -> Result<Code, Failure>) -> Code {
    let done = catch_unwind(AssertUnwindSafe(act));
    let failure = match done {
        Ok(Ok(code)) => return code,
        Ok(Err(failure)) => failure,
        Err(_) => Failure::new(Code::INTERNAL, "a defect of slotcast: its text was printed to the standard error"),
    };
    let text = failure.text.replace('\0', "\\0");
    LAST.set(CString::new(text).unwrap_or_default());
    failure.code
}
