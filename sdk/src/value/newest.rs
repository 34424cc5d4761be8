//! How readers find the newest value.

use crate::subscriber::RecvError;

/// How often a reader that is overtaken while it copies tries again in one call. A writer in a loop
/// leaves it the time for several copies, so this needs a reader that is interrupted each time.
const TRIES: usize = 1000;

/// Calls `step` until it has found the newest value. `step` receives once, skips to the newest value of
/// each writer, and returns whether it has received one, and how many writers have one that is unread.
pub(crate) fn take(mut step: impl FnMut() -> Result<(bool, usize), RecvError>) -> Result<(), RecvError> {
    // Not until nothing is unread: a writer in a loop would hold the reader up. Of each writer one
    // may be old, and the next is its newest.
    let (mut taken, mut most) = (0, 1);
    for _ in 0..TRIES {
        let (has_found, unread) = step()?;
        if has_found {
            taken += 1;
            most = most.max(1 + unread);
        }
        // One call more finds nothing: so a descriptor is readable no longer, and the last value of a
        // writer that died before it had counted it is found.
        if unread == 0 && !has_found || taken > most {
            break;
        }
    }
    Ok(())
}
