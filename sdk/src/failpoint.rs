//! Failpoints: named points inside the protocols at which a test can stop or kill the process.
//! Without the feature `testing` they compile to nothing.

#[cfg(feature = "testing")]
pub use armed::Action;
#[cfg(feature = "testing")]
pub(crate) use armed::{VARIABLE, hit, prepare, setting};

/// Marks a failpoint.
#[cfg(not(feature = "testing"))]
#[inline(always)]
pub(crate) fn hit(_point: &'static str) {}

#[cfg(feature = "testing")]
mod armed {
    use crate::sys::process::{self, Signal};
    use std::sync::{Mutex, OnceLock, PoisonError};

    /// The environment variable that arms a failpoint: `name visit action`.
    pub(crate) const VARIABLE: &str = "SLOTCAST_TESTING_POINT";

    /// What a process does to itself at a failpoint.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Action {
        /// It stops, as by SIGSTOP, until it is continued.
        Stop,
        /// It dies, as by SIGKILL.
        Kill,
    }

    struct Armed {
        point: String,
        /// The visit at which it acts, from 1.
        visit: u64,
        action: Action,
    }

    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

    static VISITS: Mutex<u64> = Mutex::new(0);

    fn armed() -> Option<Armed> {
        let text = std::env::var(VARIABLE).ok()?;
        let mut words = text.split(' ');
        let (point, visit, action) = (words.next()?, words.next()?, words.next()?);
        let action = if action == "stop" { Action::Stop } else { Action::Kill };
        Some(Armed { point: point.into(), visit: visit.parse().ok()?, action })
    }

    /// Returns the value of the variable that arms a failpoint.
    pub(crate) fn setting(point: &str, visit: u64, action: Action) -> String {
        let action = if action == Action::Stop { "stop" } else { "kill" };
        format!("{point} {visit} {action}")
    }

    /// Reads which failpoint is armed. This comes first, so that no thread does it while another
    /// one forks.
    pub(crate) fn prepare() {
        ARMED.get_or_init(armed);
    }

    /// Marks a failpoint. Stops or kills the process if it is armed and this is the armed visit.
    #[inline]
    pub(crate) fn hit(point: &'static str) {
        if let Some(armed) = ARMED.get_or_init(armed)
            && armed.point == point
        {
            visit(armed);
        }
    }

    #[cold]
    fn visit(armed: &Armed) {
        let mut visits = VISITS.lock().unwrap_or_else(PoisonError::into_inner);
        *visits += 1;
        if *visits == armed.visit {
            let signal = if armed.action == Action::Stop { Signal::STOP } else { Signal::KILL };
            process::raise(signal);
        }
    }
}
