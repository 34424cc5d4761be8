//! Errors as a hierarchy of exceptions, with the texts of the SDK.

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use slotcast::dynamic::{OpenError, PublishError};
use slotcast::service::Reason;
use slotcast::{CreateError, LoanError, RecvError};
use std::fmt::Display;

create_exception!(slotcast, SlotcastError, PyException, "Anything that goes wrong with a topic.");
create_exception!(slotcast, CreateFailed, SlotcastError, "An endpoint cannot be created.");
create_exception!(slotcast, NoPublisher, CreateFailed, "No publisher is present, so the type is not known.");
create_exception!(slotcast, Mismatch, CreateFailed, "The topic carries messages of another layout.");
create_exception!(slotcast, ReceiveFailed, SlotcastError, "A message cannot be received.");
create_exception!(slotcast, InvalidMessage, ReceiveFailed, "The bytes of a message are not a valid value.");
create_exception!(slotcast, PublishFailed, SlotcastError, "A message was not published.");
create_exception!(slotcast, LagTimeout, PublishFailed, "Lossless subscribers did not read in time.");
create_exception!(slotcast, PoolExhausted, PublishFailed, "There is no memory for a large message.");
create_exception!(slotcast, CallFailed, SlotcastError, "A call has no response, or its response no further item.");
create_exception!(slotcast, NoServer, CallFailed, "The service has no server.");
create_exception!(slotcast, WindowFull, CallFailed, "As many calls are open as the client's window.");
create_exception!(slotcast, Refused, CallFailed, "The server refuses: `code` and `reason` say why.");
create_exception!(slotcast, Expired, CallFailed, "The deadline of the call has passed.");
create_exception!(slotcast, ServerDied, CallFailed, "The server has ended before the response.");
create_exception!(
    slotcast,
    ServerReplaced,
    CallFailed,
    "Another server has taken the place of the one that was called."
);
create_exception!(slotcast, Cancelled, SlotcastError, "The client wants nothing more of the call, or has ended.");
create_exception!(slotcast, Closed, SlotcastError, "The handle was closed.");
create_exception!(slotcast, Forked, SlotcastError, "The handle belongs to the parent of this process.");
create_exception!(slotcast, Busy, SlotcastError, "Another thread uses the handle at this moment.");
create_exception!(slotcast, SchemaInvalid, SlotcastError, "No type can have this schema.");

/// Adds the exceptions to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let all = [
        ("SlotcastError", py.get_type::<SlotcastError>()),
        ("CreateFailed", py.get_type::<CreateFailed>()),
        ("NoPublisher", py.get_type::<NoPublisher>()),
        ("Mismatch", py.get_type::<Mismatch>()),
        ("ReceiveFailed", py.get_type::<ReceiveFailed>()),
        ("InvalidMessage", py.get_type::<InvalidMessage>()),
        ("PublishFailed", py.get_type::<PublishFailed>()),
        ("LagTimeout", py.get_type::<LagTimeout>()),
        ("PoolExhausted", py.get_type::<PoolExhausted>()),
        ("CallFailed", py.get_type::<CallFailed>()),
        ("NoServer", py.get_type::<NoServer>()),
        ("WindowFull", py.get_type::<WindowFull>()),
        ("Refused", py.get_type::<Refused>()),
        ("Expired", py.get_type::<Expired>()),
        ("ServerDied", py.get_type::<ServerDied>()),
        ("ServerReplaced", py.get_type::<ServerReplaced>()),
        ("Cancelled", py.get_type::<Cancelled>()),
        ("Closed", py.get_type::<Closed>()),
        ("Forked", py.get_type::<Forked>()),
        ("Busy", py.get_type::<Busy>()),
        ("SchemaInvalid", py.get_type::<SchemaInvalid>()),
    ];
    all.into_iter().try_for_each(|(name, exception)| module.add(name, exception))
}

pub(crate) fn registry(error: &impl Display) -> PyErr {
    SlotcastError::new_err(error.to_string())
}

pub(crate) fn closed(what: &str) -> PyErr {
    Closed::new_err(format!("{what}: this handle was closed: create a new one"))
}

pub(crate) fn create(error: &CreateError) -> PyErr {
    let text = error.to_string();
    match error {
        CreateError::Mismatch(_) => Mismatch::new_err(text),
        CreateError::TopicName(_) | CreateError::Setting { .. } => PyValueError::new_err(text),
        _ => CreateFailed::new_err(text),
    }
}

pub(crate) fn open(error: &OpenError) -> PyErr {
    match error {
        OpenError::NoPublisher { .. } => NoPublisher::new_err(error.to_string()),
        OpenError::Schema { .. } => SchemaInvalid::new_err(error.to_string()),
        OpenError::Create(error) => create(error),
        other => CreateFailed::new_err(other.to_string()),
    }
}

pub(crate) fn receive(error: &RecvError) -> PyErr {
    let text = error.to_string();
    match error {
        RecvError::Mismatch(_) => Mismatch::new_err(text),
        RecvError::Closed { .. } => Closed::new_err(text),
        RecvError::Forked { .. } => Forked::new_err(text),
        RecvError::Invalid { .. } => InvalidMessage::new_err(text),
        _ => ReceiveFailed::new_err(text),
    }
}

pub(crate) fn loan(error: &LoanError) -> PyErr {
    let text = error.to_string();
    match error {
        LoanError::PoolExhausted(_) => PoolExhausted::new_err(text),
        LoanError::TooLong { .. } | LoanError::TooLarge { .. } => PyValueError::new_err(text),
        LoanError::Forked { .. } => Forked::new_err(text),
        _ => PublishFailed::new_err(text),
    }
}

pub(crate) fn publish(error: &PublishError) -> PyErr {
    let text = error.to_string();
    match error {
        PublishError::Value(_) | PublishError::Bytes(_) => PyValueError::new_err(text),
        PublishError::Publish(slotcast::PublishError::NoMemory(error)) => loan(error),
        PublishError::Publish(slotcast::PublishError::Forked { .. }) => Forked::new_err(text),
        PublishError::Publish(slotcast::PublishError::LagTimeout(_)) => LagTimeout::new_err(text),
        PublishError::NotPartial { .. } | PublishError::Publish(_) => PublishFailed::new_err(text),
    }
}

/// Returns the exception for what a server or an owner refuses, with its code and its text.
pub(crate) fn refused(py: Python<'_>, reason: &Reason, text: &str) -> PyErr {
    let error = Refused::new_err(text.to_owned());
    let value = error.value(py);
    let set = value.setattr("code", reason.code).and_then(|()| value.setattr("reason", reason.text.as_str()));
    set.map_or_else(|failed| failed, |()| error)
}
