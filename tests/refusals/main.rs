//! What is wrong is said: both sides' values, who the other one is, and what to do.

mod layout;
mod place;
