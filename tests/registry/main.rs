//! The registry where it is removed, full, another user's, or short of something; descriptors handed over; endpoints
//! that come and go by the thousand.

mod churn;
mod files;
mod full;
mod handover;
mod limits;
mod namespaces;
mod noticed;
mod removal;
mod users;
