//! The examples are in the folders beside this one: `hello` and `telemetry`.
