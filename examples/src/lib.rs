//! The examples are in the folder above this one: `hello` and `telemetry` in folders of their own, each of the others
//! in one file.
