//! Rates and sizes.

pub(crate) mod units;
