//! Refusals state what is wrong: both sides' values, the peer, and what to do.

mod handles;
mod layout;
mod names;
mod place;
