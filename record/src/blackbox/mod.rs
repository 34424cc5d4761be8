//! A black box: it keeps what was published last, and writes it to a file when something happens.
//!
//! It watches topics as an observer, so that no publisher waits for it or notices it. What publishers
//! have in their rings needs no copy: the black box has their memory open, and the kernel keeps that
//! after they died. Rings have the last messages, however long ago these were. Where seconds are asked
//! for, messages are copied, in bounded memory.

mod file;
mod incident;
mod settings;
mod status;
mod topic;
mod watch;
mod window;

pub use settings::BlackBoxBuilder;
pub use status::{BlackBoxStatus, IncidentReport};

use crate::recorder::RecordError;
use status::Shared;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use watch::Watch;

/// Keeps what was published last, and writes it to a file when something happens: an endpoint dies, a
/// publisher stops, a message has certain contents, or the program asks for it.
///
/// # Examples
///
/// ```
/// use slotcast::Publisher;
/// use slotcast_record::{BlackBox, Overview};
/// use std::time::Duration;
///
/// # let folder = tempfile::tempdir()?;
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// let (before, after) = (Duration::from_secs(30), Duration::from_millis(20));
/// let builder = BlackBox::builder().all().domain(&domain).before(before).after(after);
/// let black_box = builder.on_crash().start(&folder)?;
/// for number in 0..10 {
///     publisher.publish(&number)?;
/// }
/// # assert!(black_box.wait_for_messages(10, Duration::from_secs(10)));
/// black_box.trigger("the operator has pressed the button");
/// assert!(black_box.wait_for_incidents(1, Duration::from_secs(10)));
/// let incident = &black_box.finish()?.incidents[0];
/// assert_eq!(Overview::of(&incident.file)?.topics["counter"].messages, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct BlackBox {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl BlackBox {
    /// Returns a builder that sets up a black box.
    pub fn builder() -> BlackBoxBuilder {
        BlackBoxBuilder::default()
    }

    /// Has it write what was published last, and what is published in the time after.
    pub fn trigger(&self, reason: &str) {
        self.shared.trigger(reason);
    }

    /// Returns what it keeps, and what it has written.
    pub fn status(&self) -> BlackBoxStatus {
        self.shared.status()
    }

    /// Waits up to `time` until it has received `messages` messages, and returns whether it has.
    pub fn wait_for_messages(&self, messages: u64, time: Duration) -> bool {
        self.wait_until(time, |status| status.messages >= messages)
    }

    /// Waits up to `time` until `incidents` files are finished, and returns whether they are.
    pub fn wait_for_incidents(&self, incidents: usize, time: Duration) -> bool {
        self.wait_until(time, |status| status.incidents.len() >= incidents)
    }

    fn wait_until(&self, time: Duration, is_done: impl Fn(&BlackBoxStatus) -> bool) -> bool {
        let until = Instant::now().checked_add(time); // none if that is beyond all time
        while !is_done(&self.status()) {
            if self.has_failed() || until.is_some_and(|until| Instant::now() > until) {
                return false;
            }
            thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// Returns whether it has ended because of an error, which [`finish`](Self::finish) returns.
    pub fn has_failed(&self) -> bool {
        self.shared.has_failed()
    }

    /// Finishes the file that is being written, if there is one, and ends.
    ///
    /// # Errors
    /// When something could not be written, now or earlier, or topics cannot be found any more.
    pub fn finish(mut self) -> Result<BlackBoxStatus, RecordError> {
        self.end();
        match self.shared.take_error() {
            Some(error) => Err(error),
            None => Ok(self.status()),
        }
    }

    fn end(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a thread that panicked has said so
        }
    }
}

impl BlackBoxBuilder {
    /// Starts it. Files are written into `folder`, which must exist.
    ///
    /// # Errors
    /// When no file can be created there, or the topics cannot be found.
    pub fn start(self, folder: impl AsRef<Path>) -> Result<BlackBox, RecordError> {
        let folder = folder.as_ref();
        // Now rather than when it matters.
        tempfile::tempfile_in(folder)
            .map_err(|reason| RecordError::Create { file: folder.join("….mcap"), reason })?;
        let shared = Arc::new(Shared::default());
        let mut watch = Watch::new(self, folder.to_owned(), Arc::clone(&shared));
        watch.begin()?;
        let thread = thread::Builder::new().name("blackbox".to_owned()).spawn(move || watch.run());
        Ok(BlackBox { shared, thread: Some(thread.map_err(RecordError::Thread)?) })
    }
}

impl Drop for BlackBox {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for BlackBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlackBox").field("status", &self.status()).finish_non_exhaustive()
    }
}
