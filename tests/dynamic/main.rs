//! Messages without a Rust type: values, publishers and subscribers, and unnoticed observers.

mod counters;
mod hostile;
mod hostile_services;
mod interop;
mod latest;
mod messages;
mod observer;
mod partial;
mod properties;
mod schemas;
mod services;
mod unnoticed;
mod values;
