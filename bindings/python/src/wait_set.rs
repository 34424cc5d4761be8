//! # Safety
//!
//! Waiting for several things at once. The file opts into unsafe code because Python gives
//! descriptors as numbers. It upholds that each is borrowed only while Python's object, which owns
//! it, is held.
#![allow(unsafe_code, reason = "Python gives descriptors as numbers")]

use crate::errors::{Forked, SlotcastError};
use crate::events::Listener;
use crate::interrupt::{self, seconds};
use crate::one_thread::OneThread;
use crate::server::ServerHandle;
use crate::service::ClientHandle;
use crate::subscriber::SubscriberHandle;
use crate::value::ValueReaderHandle;
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use slotcast::{Interest, Key, ReadyKind, WaitError};
use std::collections::HashMap;
use std::os::fd::{BorrowedFd, RawFd};

/// Waits for subscribers, listeners, memberships, other descriptors, intervals and triggers.
///
/// What `wait` returns names the object that was added. Receive from a subscriber or listener that
/// is ready until there is nothing more. One thread at a time uses a set.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct WaitSet(OneThread<State>);

struct State {
    set: slotcast::WaitSet,
    /// What has which key. The objects stay alive here.
    members: HashMap<u64, (Key, Py<PyAny>)>,
}

impl State {
    fn keep(&mut self, key: Key, source: Py<PyAny>) -> u64 {
        self.members.insert(key.number(), (key, source));
        key.number()
    }

    fn key(&self, number: u64) -> PyResult<Key> {
        let member = self.members.get(&number);
        let text = || PyKeyError::new_err(format!("the wait set has nothing with the key {number}"));
        member.map(|(key, _)| *key).ok_or_else(text)
    }
}

fn failed(error: &WaitError) -> PyErr {
    match error {
        WaitError::Zero(_) | WaitError::AlwaysReady | WaitError::NoMessages(_) => {
            PyValueError::new_err(error.to_string())
        }
        WaitError::Forked => Forked::new_err(error.to_string()),
        _ => SlotcastError::new_err(error.to_string()),
    }
}

#[pymethods]
impl WaitSet {
    #[new]
    fn new() -> PyResult<Self> {
        let set = slotcast::WaitSet::new().map_err(|error| failed(&error))?;
        Ok(Self(OneThread::new(State { set, members: HashMap::new() }, "wait set".to_owned())))
    }

    /// Adds a subscriber, a listener, or anything else that has `fileno`; returns its key. For
    /// others than subscribers and listeners, `writable` waits until it can be written, instead of
    /// read.
    #[pyo3(signature = (source, *, writable=false))]
    fn add(&self, source: &Bound<'_, PyAny>, writable: bool) -> PyResult<u64> {
        let event_fd = if let Ok(subscriber) = source.cast::<SubscriberHandle>() {
            Some(subscriber.get().event_fd()?)
        } else if let Ok(listener) = source.cast::<Listener>() {
            Some(listener.get().event_fd()?)
        } else if let Ok(reader) = source.cast::<ValueReaderHandle>() {
            Some(reader.get().event_fd()?)
        } else if let Ok(server) = source.cast::<ServerHandle>() {
            Some(server.get().event_fd()?)
        } else if let Ok(client) = source.cast::<ClientHandle>() {
            Some(client.get().event_fd()?)
        } else {
            None
        };
        self.0.with(|state| {
            let key = match event_fd {
                Some(event_fd) => state.set.add(&event_fd),
                None => {
                    let fd: RawFd = source.call_method0("fileno")?.extract()?;
                    let interest = if writable { Interest::Writable } else { Interest::Readable };
                    let fd = descriptor(fd)?;
                    state.set.add_descriptor(&fd, interest)
                }
            };
            let key = key.map_err(|error| failed(&error))?;
            Ok(state.keep(key, source.clone().unbind()))
        })
    }

    /// Adds an interval in seconds, which is reported after each period; returns its key.
    fn interval(&self, py: Python<'_>, period: f64) -> PyResult<u64> {
        let period = seconds("period", period)?;
        self.0.with(|state| {
            let key = state.set.interval(period).map_err(|error| failed(&error))?;
            Ok(state.keep(key, py.None()))
        })
    }

    /// Sets how many seconds a subscriber may have no message until that is reported as `missed`.
    fn deadline(&self, key: u64, time: f64) -> PyResult<()> {
        let time = seconds("time", time)?;
        self.0.with(|state| {
            let key = state.key(key)?;
            state.set.deadline(key, time).map_err(|error| failed(&error))
        })
    }

    /// Adds a trigger, which any thread can fire; returns it.
    fn trigger<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Trigger>> {
        self.0.with(|state| {
            let (key, trigger) = state.set.trigger().map_err(|error| failed(&error))?;
            let trigger = Bound::new(py, Trigger { trigger, key: key.number() })?;
            state.keep(key, trigger.clone().into_any().unbind());
            Ok(trigger)
        })
    }

    /// Removes what has this key.
    fn remove(&self, key: u64) -> PyResult<()> {
        self.0.with(|state| {
            let of = state.key(key)?;
            state.set.remove(of).map_err(|error| failed(&error))?;
            state.members.remove(&key);
            Ok(())
        })
    }

    /// Waits until something is ready, up to `timeout` seconds, or for any time, and returns all
    /// that is. Returns an empty list on timeout. Other threads run meanwhile.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Vec<Ready>> {
        let timeout = timeout.map(|time| seconds("timeout", time)).transpose()?;
        self.0.with(|State { set, members }| {
            let ready = interrupt::wait(py, timeout, |time| match set.wait_timeout(time) {
                Ok([]) => None,
                Ok(ready) => Some(Ok(ready.to_vec())),
                Err(error) => Some(Err(error)),
            })?;
            let ready = ready.transpose().map_err(|error| failed(&error))?.unwrap_or_default();
            let of = |ready: slotcast::Ready| {
                let source = members.get(&ready.key.number()).map_or_else(|| py.None(), |(_, of)| of.clone_ref(py));
                Ready::of(ready, source)
            };
            Ok(ready.into_iter().map(of).collect())
        })
    }

    /// Frees the set.
    fn close(&self) -> PyResult<()> {
        self.0.close()
    }

    fn __len__(&self) -> PyResult<usize> {
        self.0.with(|state| Ok(state.set.len()))
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, pyo3::types::PyTuple>) -> PyResult<()> {
        self.close()
    }

    fn __traverse__(&self, visit: pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        self.0.traverse(|state| state.members.values().try_for_each(|(_, source)| visit.call(source)))
    }

    fn __clear__(&self) {
        self.0.close_when_free();
    }
}

/// Borrows a descriptor that Python's object owns, for the call that duplicates it.
fn descriptor<'a>(fd: RawFd) -> PyResult<BorrowedFd<'a>> {
    if fd < 0 {
        return Err(PyValueError::new_err(format!("the descriptor is {fd}: it was closed")));
    }
    // SAFETY: it is not -1. It is the descriptor of an object that the caller holds, and is used
    // until the set has duplicated it. If that object is closed by another thread meanwhile, the
    // kernel refuses the number or duplicates another descriptor, which harms no memory.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// Ends a wait of a `WaitSet`, from any thread.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct Trigger {
    trigger: slotcast::Trigger,
    /// Its key in the set.
    #[pyo3(get)]
    key: u64,
}

#[pymethods]
impl Trigger {
    /// Makes the set report this, once.
    fn fire(&self) {
        self.trigger.fire();
    }
}

/// What is ready in a `WaitSet`.
#[pyclass(frozen, get_all, module = "slotcast")]
pub(crate) struct Ready {
    /// The key that `add`, `interval` or `trigger` gave.
    key: u64,
    /// The object that was added; `None` for intervals.
    source: Py<PyAny>,
    /// `messages`, `missed`, `descriptor`, `interval` or `triggered`.
    kind: &'static str,
    /// How many periods of an interval have ended.
    periods: u64,
    /// How many seconds a subscriber with a deadline had no message.
    silence: Option<f64>,
    /// Whether the other end of a descriptor is closed, or it has failed.
    closed: bool,
}

impl Ready {
    fn of(ready: slotcast::Ready, source: Py<PyAny>) -> Self {
        let this = Self { key: ready.key.number(), source, kind: "messages", periods: 0, silence: None, closed: false };
        match ready.kind {
            ReadyKind::Missed { silence } => Self { kind: "missed", silence: Some(silence.as_secs_f64()), ..this },
            ReadyKind::Descriptor { closed, .. } => Self { kind: "descriptor", closed, ..this },
            ReadyKind::Interval { periods } => Self { kind: "interval", periods, ..this },
            ReadyKind::Triggered => Self { kind: "triggered", ..this },
            _ => this,
        }
    }
}

#[pymethods]
impl Ready {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<Ready {}: {}>", self.kind, self.source.bind(py).repr()?))
    }
}
