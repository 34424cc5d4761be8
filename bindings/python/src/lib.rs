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

mod interrupt;
mod loan;
mod publisher;
mod subscriber;

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
    module.add_function(wrap_pyfunction!(domain::topics, module)?)?;
    let before_the_end = wrap_pyfunction!(interrupt::before_the_end, module)?;
    module.py().import("atexit")?.call_method1("register", (before_the_end,))?;
    Ok(())
}
