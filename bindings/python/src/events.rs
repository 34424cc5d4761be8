//! Events: what happened, and how often.

use crate::closing::Closing;
use crate::domain::{self, Domain};
use crate::errors::{self, Closed, Forked, Mismatch, ReceiveFailed};
use crate::interrupt::{self, seconds};
use crate::one_thread::OneThread;
use crate::peer::Peer;
use pyo3::prelude::*;
use slotcast::{Closer, EventFd, ListenError, Notice as Heard};
use std::os::fd::{AsFd, AsRawFd};

/// Tells listeners that something has happened, as a number of 8 bits. It never waits.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct Notifier {
    notifier: OneThread<slotcast::Notifier>,
    events: String,
}

#[pymethods]
impl Notifier {
    #[new]
    #[pyo3(signature = (events, *, domain=None, name=""))]
    fn new(events: &str, domain: Option<&Domain>, name: &str) -> PyResult<Self> {
        let builder = slotcast::Notifier::builder(events).domain(&domain::or_default(domain)).name(name);
        let notifier = builder.create().map_err(|error| errors::create(&error))?;
        let notifier = OneThread::new(notifier, format!("notifier of \"{events}\""));
        Ok(Self { notifier, events: events.to_owned() })
    }

    /// Tells all listeners that event `id` has happened once more.
    fn notify(&self, id: u8) -> PyResult<()> {
        self.notifier.with(|notifier| notifier.notify(id).map_err(|error| Forked::new_err(error.to_string())))
    }

    /// Returns how often event `id` has happened here.
    fn count(&self, id: u8) -> PyResult<u64> {
        self.notifier.with(|notifier| Ok(notifier.count(id)))
    }

    /// Returns the living listeners.
    fn listeners(&self) -> PyResult<Vec<Peer>> {
        let listeners = self.notifier.with(|notifier| notifier.listeners().map_err(|error| errors::registry(&error)));
        listeners.map(Peer::all)
    }

    /// Waits up to `timeout` seconds until at least `count` listeners live, and returns whether they
    /// do.
    #[pyo3(signature = (count=1, timeout=None))]
    fn wait_for_listeners(&self, py: Python<'_>, count: usize, timeout: Option<f64>) -> PyResult<bool> {
        let timeout = timeout.map(|time| seconds("timeout", time)).transpose()?;
        self.notifier.with(|notifier| {
            let wait = |time| match notifier.wait_for_listeners(count, time) {
                Ok(false) => None,
                Ok(true) => Some(Ok(())),
                Err(error) => Some(Err(error)),
            };
            interrupt::wait(py, timeout, wait)?
                .map_or(Ok(false), |done| done.map(|()| true).map_err(|error| errors::registry(&error)))
        })
    }

    /// The name of the events.
    #[getter]
    fn events(&self) -> &str {
        &self.events
    }

    /// Leaves. Listeners still hear all that happened.
    fn close(&self) -> PyResult<()> {
        self.notifier.close()
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, pyo3::types::PyTuple>) -> PyResult<()> {
        self.close()
    }

    fn __repr__(&self) -> String {
        format!("<Notifier of \"{}\">", self.events)
    }
}

/// Hears of events from all notifiers of a name. Events of the same id are counted together.
///
/// Iterating waits for the next notice; `async for` does in asyncio. One thread at a time uses it.
#[pyclass(frozen, module = "slotcast")]
pub(crate) struct Listener {
    listener: OneThread<State>,
    closer: Closer,
    closing: Closing,
    events: String,
}

struct State {
    listener: slotcast::Listener,
    event_fd: Option<EventFd>,
}

impl Listener {
    /// Returns a descriptor that is readable when there may be notices.
    pub(crate) fn event_fd(&self) -> PyResult<EventFd> {
        self.listener.with(|state| {
            if state.event_fd.is_none() {
                state.event_fd = Some(state.listener.event_fd().map_err(|error| errors::registry(&error))?);
            }
            Ok(state.event_fd.clone().expect("it was just set"))
        })
    }
}

fn failed(error: &ListenError) -> PyErr {
    let text = error.to_string();
    match error {
        ListenError::Mismatch(_) => Mismatch::new_err(text),
        ListenError::Closed { .. } => Closed::new_err(text),
        ListenError::Forked { .. } => Forked::new_err(text),
        _ => ReceiveFailed::new_err(text),
    }
}

#[pymethods]
impl Listener {
    #[new]
    #[pyo3(signature = (events, *, ids=None, domain=None, name="", from_start=false))]
    fn new(
        events: &str,
        ids: Option<Vec<u8>>,
        domain: Option<&Domain>,
        name: &str,
        from_start: bool,
    ) -> PyResult<Self> {
        let mut builder = slotcast::Listener::builder(events).domain(&domain::or_default(domain)).name(name);
        if let Some(ids) = ids {
            builder = builder.ids(ids);
        }
        if from_start {
            builder = builder.from_start();
        }
        let listener = builder.create().map_err(|error| errors::create(&error))?;
        let closer = listener.closer();
        let state = State { listener, event_fd: None };
        let listener = OneThread::new(state, format!("listener of \"{events}\""));
        Ok(Self { listener, closer, closing: Closing::default(), events: events.to_owned() })
    }

    /// Returns the next notice, if there is one. It never waits.
    fn try_recv(&self) -> PyResult<Option<Notice>> {
        let heard = self.listener.with(|state| state.listener.try_recv().map_err(|error| failed(&error)))?;
        Ok(heard.map(|heard| Notice::of(&heard)))
    }

    /// Returns the next notice; waits for it up to `timeout` seconds, or for any time. Returns
    /// `None` on timeout. Other threads run meanwhile.
    #[pyo3(signature = (timeout=None))]
    fn recv(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Notice>> {
        let timeout = timeout.map(|time| seconds("timeout", time)).transpose()?;
        self.listener.with(|state| {
            let heard = interrupt::wait(py, timeout, |time| state.listener.recv_timeout(time).transpose())?;
            let heard = heard.transpose().map_err(|error| failed(&error))?;
            Ok(heard.map(|heard| Notice::of(&heard)))
        })
    }

    /// Returns the notifiers that are heard.
    fn notifiers(&self) -> PyResult<Vec<Peer>> {
        self.listener.with(|state| Ok(Peer::all(state.listener.notifiers())))
    }

    /// Returns a descriptor that is readable when there may be notices. Receive until there is none
    /// each time, as otherwise it stays readable.
    fn fileno(&self) -> PyResult<i32> {
        Ok(self.event_fd()?.as_fd().as_raw_fd())
    }

    /// Returns a descriptor that becomes readable when this is closed: for event loops.
    fn closing_fileno(&self) -> PyResult<i32> {
        let descriptor = self.closing.descriptor()?;
        if self.closer.is_closed() {
            self.closing.fire(); // it was closed before there was a descriptor
        }
        Ok(descriptor)
    }

    /// The name of the events.
    #[getter]
    fn events(&self) -> &str {
        &self.events
    }

    /// Leaves. Waits of other threads end with `Closed`.
    fn close(&self) {
        self.closer.close();
        self.closing.fire();
        self.listener.close_when_free();
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    /// Waits for the next notice; ends when the listener is closed.
    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Notice>> {
        match self.recv(py, None) {
            Err(error) if self.closer.is_closed() && error.is_instance_of::<Closed>(py) => Ok(None),
            result => result,
        }
    }

    fn __aiter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("slotcast.aio")?.getattr("AsyncSubscriber")?.call1((slf,))
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, pyo3::types::PyTuple>) {
        self.close();
    }

    fn __repr__(&self) -> String {
        format!("<Listener of \"{}\">", self.events)
    }
}

/// What a listener has heard.
#[pyclass(frozen, get_all, module = "slotcast")]
pub(crate) struct Notice {
    /// `event`, `joined`, `left` or `died`.
    kind: &'static str,
    /// Which event; `None` for notifiers that join, leave or die.
    id: Option<u8>,
    /// How often it has happened since the last notice of it; 0 for the others.
    count: u64,
    /// Whose.
    notifier: Peer,
    text: String,
}

impl Notice {
    fn of(heard: &Heard<u8>) -> Self {
        let (id, count) = heard.event().map_or((None, 0), |(id, count)| (Some(id), count));
        let kind = match heard {
            Heard::Event { .. } => "event",
            Heard::Joined(_) => "joined",
            Heard::Left(_) => "left",
            _ => "died",
        };
        Self { kind, id, count, notifier: Peer::of(heard.notifier()), text: heard.to_string() }
    }
}

#[pymethods]
impl Notice {
    fn __str__(&self) -> &str {
        &self.text
    }

    fn __repr__(&self) -> String {
        format!("<Notice {}: {}>", self.kind, self.text)
    }
}
