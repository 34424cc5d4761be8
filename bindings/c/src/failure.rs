//! Codes and texts of errors.

use slotcast::dynamic::{self, ClientError, OpenError, ServerError, SetError};
use slotcast::{AttachError, CallError, CloseError, CreateError, LoanError, PublishError, RecvError, ServeError};
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a call returns: one of sc_codes.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(i32);

/// The codes. Those below SC_ERROR are no errors.
#[repr(C)]
#[allow(non_camel_case_types, reason = "these are the names in C")]
#[derive(Clone, Copy, Debug)]
pub enum Codes {
    /// Done.
    SC_OK = 0,
    /// No message is there, or none came in time.
    SC_EMPTY = 1,
    /// All publishers have ended, and everything was received.
    SC_ENDED = 2,
    /// A closer has closed the subscriber.
    SC_CLOSED = 3,
    /// Publishing would wait for a lossless subscriber, or an item for its client; or as many calls are
    /// open as the client's window.
    SC_FULL = 4,
    /// Another error than those below.
    SC_ERROR = 16,
    /// An argument is null, too long, not UTF-8, or out of range.
    SC_ERROR_ARGUMENT = 17,
    /// The other side has another layout: the text names the field.
    SC_ERROR_MISMATCH = 18,
    /// Another publisher is the only one, or is in the way of this one being so.
    SC_ERROR_EXCLUSIVE = 19,
    /// Lossless delivery is not possible.
    SC_ERROR_LOSSLESS = 20,
    /// There is no memory for messages.
    SC_ERROR_MEMORY = 21,
    /// Bytes are no value of the type.
    SC_ERROR_INVALID = 22,
    /// What another process has written is not possible.
    SC_ERROR_CORRUPT = 23,
    /// The kernel refused something.
    SC_ERROR_SYSTEM = 24,
    /// A lossless subscriber did not read in time.
    SC_ERROR_TIMEOUT = 25,
    /// A defect of this library.
    SC_ERROR_INTERNAL = 26,
    /// The service has no server.
    SC_ERROR_NO_SERVER = 27,
    /// The server refuses: sc_call_code says with which code, and the text why.
    SC_ERROR_REFUSED = 28,
    /// The deadline of the call has passed.
    SC_ERROR_EXPIRED = 29,
    /// The server has ended before the response. Whether it acted is unknown.
    SC_ERROR_SERVER_DIED = 30,
    /// Another server has taken the place of the one that was called, which does not know of the call.
    SC_ERROR_SERVER_REPLACED = 31,
    /// The client wants nothing more of the call, or has ended.
    SC_ERROR_CANCELLED = 32,
}

impl Code {
    pub(crate) const OK: Self = Self(Codes::SC_OK as i32);
    pub(crate) const EMPTY: Self = Self(Codes::SC_EMPTY as i32);
    pub(crate) const ENDED: Self = Self(Codes::SC_ENDED as i32);
    pub(crate) const CLOSED: Self = Self(Codes::SC_CLOSED as i32);
    pub(crate) const FULL: Self = Self(Codes::SC_FULL as i32);
    const OTHER: Self = Self(Codes::SC_ERROR as i32);
    const ARGUMENT: Self = Self(Codes::SC_ERROR_ARGUMENT as i32);
    pub(crate) const MISMATCH: Self = Self(Codes::SC_ERROR_MISMATCH as i32);
    const EXCLUSIVE: Self = Self(Codes::SC_ERROR_EXCLUSIVE as i32);
    const LOSSLESS: Self = Self(Codes::SC_ERROR_LOSSLESS as i32);
    const MEMORY: Self = Self(Codes::SC_ERROR_MEMORY as i32);
    pub(crate) const INVALID: Self = Self(Codes::SC_ERROR_INVALID as i32);
    pub(crate) const CORRUPT: Self = Self(Codes::SC_ERROR_CORRUPT as i32);
    const SYSTEM: Self = Self(Codes::SC_ERROR_SYSTEM as i32);
    const TIMEOUT: Self = Self(Codes::SC_ERROR_TIMEOUT as i32);
    const INTERNAL: Self = Self(Codes::SC_ERROR_INTERNAL as i32);
    const NO_SERVER: Self = Self(Codes::SC_ERROR_NO_SERVER as i32);
    const REFUSED: Self = Self(Codes::SC_ERROR_REFUSED as i32);
    const EXPIRED: Self = Self(Codes::SC_ERROR_EXPIRED as i32);
    const SERVER_DIED: Self = Self(Codes::SC_ERROR_SERVER_DIED as i32);
    const SERVER_REPLACED: Self = Self(Codes::SC_ERROR_SERVER_REPLACED as i32);
    const CANCELLED: Self = Self(Codes::SC_ERROR_CANCELLED as i32);
}

/// A code that is no success, and the text for the thread.
pub(crate) struct Failure(Box<(Code, String)>);

impl Failure {
    pub(crate) fn new(code: Code, text: impl Display) -> Self {
        Self(Box::new((code, text.to_string())))
    }

    pub(crate) fn argument(text: impl Display) -> Self {
        Self::new(Code::ARGUMENT, text)
    }

    pub(crate) fn other(text: impl Display) -> Self {
        Self::new(Code::OTHER, text)
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
            RecvError::NotPartial { .. } => Code::ARGUMENT,
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
            dynamic::PublishError::NotPartial { .. } => Code::ARGUMENT,
            dynamic::PublishError::Publish(PublishError::Full { .. }) => Code::FULL,
            dynamic::PublishError::Publish(PublishError::LagTimeout(_)) => Code::TIMEOUT,
            dynamic::PublishError::Publish(PublishError::NoMemory(_)) => Code::MEMORY,
            dynamic::PublishError::Publish(_) => Code::OTHER,
        };
        Self::new(code, error)
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        dynamic::PublishError::from(error).into()
    }
}

impl From<SetError> for Failure {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Write(error) => error.into(),
            error => Self::system(error),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let code = match error {
            ClientError::Call(CallError::Publish(error)) => return error.into(),
            ClientError::Call(CallError::Receive(error)) => return error.into(),
            ClientError::Open(error) => return error.into(),
            ClientError::Request(error) => return error.into(),
            ClientError::Call(CallError::Full { .. }) => Code::FULL,
            ClientError::Call(CallError::NoServer { .. }) => Code::NO_SERVER,
            ClientError::Call(CallError::ZeroDeadline { .. }) => Code::ARGUMENT,
            ClientError::Call(CallError::Refused(_)) => Code::REFUSED,
            ClientError::Call(CallError::Expired(_)) => Code::EXPIRED,
            ClientError::Call(CallError::ServerDied { .. }) => Code::SERVER_DIED,
            ClientError::Call(CallError::ServerReplaced { .. }) => Code::SERVER_REPLACED,
            ClientError::Call(CallError::Malformed { .. }) => Code::CORRUPT,
            ClientError::Invalid { .. } => Code::INVALID,
            _ => Code::OTHER,
        };
        Self::new(code, error)
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        let code = match error {
            ServerError::Serve(ServeError::Publish(error)) => return error.into(),
            ServerError::Serve(ServeError::Receive(error)) => return error.into(),
            ServerError::Response(error) => return error.into(),
            ServerError::Serve(ServeError::Cancelled) => Code::CANCELLED,
            ServerError::Serve(ServeError::Expired) => Code::EXPIRED,
            _ => Code::OTHER,
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

/// Returns the text of the last error of this thread; valid until its next call. Never null.
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
    store(failure)
}

#[cold]
fn store(failure: Failure) -> Code {
    let (code, text) = *failure.0;
    LAST.set(CString::new(text.replace('\0', "\\0")).unwrap_or_default());
    code
}
