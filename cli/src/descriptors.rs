//! How many descriptors this process can have: inspecting takes one for each topic, and one for each
//! endpoint.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit as far as an ordinary user can.
pub(crate) fn allow_many() {
    let limit = getrlimit(Resource::Nofile);
    // If it is refused, what cannot be opened is reported.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}
