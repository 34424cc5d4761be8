//! The compiled part of the Python package `slotcast`: topics as Python objects, without a type that
//! is known when this is compiled.
//!
//! Python sees it as `slotcast._slotcast`; what programs import is in `python/slotcast`.

#![deny(unsafe_code)]

mod domain;
mod errors;

mod decode;
mod encode;
mod node;
mod schema;

mod array;
mod memory;
mod sample;

mod closing;
mod interrupt;
mod one_thread;
mod peer;

mod loan;
mod publisher;
mod subscriber;

mod counter;
mod events;
mod membership;
mod observer;
mod server;
mod service;
mod value;
mod wait_set;

use pyo3::prelude::*;

/// The module. It needs the interpreter's lock: builds of Python without one enable it.
#[pymodule(gil_used = true)]
fn _slotcast(module: &Bound<'_, PyModule>) -> PyResult<()> {
    errors::add(module)?;
    module.add_class::<domain::Domain>()?;
    module.add_class::<schema::Schema>()?;
    module.add_class::<memory::Memory>()?;
    module.add_class::<sample::Sample>()?;
    module.add_class::<sample::ArraySample>()?;
    module.add_class::<sample::Record>()?;
    module.add_class::<subscriber::SubscriberHandle>()?;
    module.add_class::<publisher::PublisherHandle>()?;
    module.add_class::<loan::LoanHandle>()?;
    module.add_class::<peer::Peer>()?;
    module.add_class::<peer::Source>()?;
    module.add_class::<peer::ReaderState>()?;
    module.add_class::<membership::Membership>()?;
    module.add_class::<membership::MemberEvent>()?;
    module.add_class::<observer::Endpoint>()?;
    module.add_class::<observer::Reader>()?;
    module.add_class::<events::Notifier>()?;
    module.add_class::<events::Listener>()?;
    module.add_class::<events::Notice>()?;
    module.add_class::<value::ValueWriterHandle>()?;
    module.add_class::<value::ValueReaderHandle>()?;
    module.add_class::<value::CurrentValue>()?;
    module.add_class::<value::Version>()?;
    module.add_class::<service::ClientHandle>()?;
    module.add_class::<service::PendingCall>()?;
    module.add_class::<server::ServerHandle>()?;
    module.add_class::<server::ServerCall>()?;
    module.add_class::<counter::Counters>()?;
    module.add_class::<counter::Counter>()?;
    module.add_class::<wait_set::WaitSet>()?;
    module.add_class::<wait_set::Trigger>()?;
    module.add_class::<wait_set::Ready>()?;
    module.add_function(wrap_pyfunction!(domain::topics, module)?)?;
    module.add_function(wrap_pyfunction!(membership::watch, module)?)?;
    module.add_function(wrap_pyfunction!(observer::endpoints, module)?)?;
    let before_the_end = wrap_pyfunction!(interrupt::before_the_end, module)?;
    module.py().import("atexit")?.call_method1("register", (before_the_end,))?;
    Ok(())
}
