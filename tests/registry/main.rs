//! The registry when it is removed, full, owned by another user, or short of something; descriptors
//! that are handed over; endpoints that join and leave by the thousand.

mod churn;
mod files;
mod full;
mod handover;
mod limits;
mod namespaces;
mod noticed;
mod removal;
mod users;
