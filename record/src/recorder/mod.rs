//! Recording. Three threads share the work, so that none waits for a slower thing than its own: one
//! receives, one compresses and writes, one brings what was written to the disk.

pub(crate) mod clock;
mod error;
mod intake;
mod output;
pub(crate) mod part;
mod settings;
mod status;
mod sync;
pub(crate) mod topic;

pub use error::RecordError;
pub use settings::RecorderBuilder;
pub use status::{RecordStatus, TopicStatus};

use intake::Intake;
use output::Output;
use slotcast::{Trigger, WaitSet};
use status::Shared;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Records topics to a file, in threads of its own, until it is finished or dropped.
///
/// The file is an MCAP file, which the tools of ROS 2 read. While it is written, its name ends with
/// `.active`. Whatever kills the recorder, every chunk that was written can be read.
///
/// # Examples
///
/// ```
/// use slotcast::Publisher;
/// use slotcast_record::Recorder;
/// # use std::time::Duration;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("run.mcap");
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// let recorder = Recorder::builder().all().domain(&domain).start(&path)?;
/// publisher.publish(&42)?;
/// # assert!(recorder.wait_for_messages(1, Duration::from_secs(10)));
/// let status = recorder.finish()?;
/// assert_eq!((status.messages(), status.lost()), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Recorder {
    shared: Arc<Shared>,
    wake: Trigger,
    end_sync: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Recorder {
    /// Returns a builder that sets up a recorder.
    pub fn builder() -> RecorderBuilder {
        RecorderBuilder::default()
    }

    /// Returns how far it is.
    pub fn status(&self) -> RecordStatus {
        self.shared.status()
    }

    /// Returns whether it has ended because of an error, which [`finish`](Self::finish) returns.
    pub fn has_failed(&self) -> bool {
        self.shared.has_failed()
    }

    /// Waits up to `time` until it has received `messages` messages, and returns whether it has.
    pub fn wait_for_messages(&self, messages: u64, time: Duration) -> bool {
        let until = Instant::now() + time;
        while self.status().messages() < messages {
            if self.has_failed() || Instant::now() > until {
                return false;
            }
            thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// Receives what was published until now, and finishes the file.
    ///
    /// # Errors
    /// When something could not be written, now or earlier.
    pub fn finish(mut self) -> Result<RecordStatus, RecordError> {
        self.end();
        match self.shared.take_error() {
            Some(error) => Err(error),
            None => Ok(self.status()),
        }
    }

    fn end(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.wake.fire();
        self.end_sync = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // a thread that panicked has said so
        }
    }
}

impl RecorderBuilder {
    /// Starts recording to a file. The topics that exist are recorded from this moment on.
    ///
    /// # Errors
    /// When the file exists or cannot be created, or the topics cannot be found.
    pub fn start(self, path: impl AsRef<Path>) -> Result<Recorder, RecordError> {
        let shared = Arc::new(Shared::default());
        let (works, to_write) = mpsc::channel();
        let (used, free) = mpsc::channel();
        let (end_sync, ended) = mpsc::channel();
        let mut set = WaitSet::new()?;
        let (_, wake) = set.trigger()?;
        let settings = self.output;
        let mut intake = Intake::new(self, set, works, free, Arc::clone(&shared));
        intake.begin()?;
        let output = Output::create(path.as_ref(), settings, Arc::clone(&shared))?;
        let mut recorder =
            Recorder { shared: Arc::clone(&shared), wake, end_sync: Some(end_sync), threads: Vec::new() };
        if let Some(every) = settings.sync {
            recorder.spawn("sync", move || sync::run(every, &ended, &shared))?;
        }
        recorder.spawn("write", move || output.run(&to_write, &used))?;
        recorder.spawn("receive", move || intake.run())?;
        Ok(recorder)
    }
}

impl Recorder {
    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), RecordError> {
        let thread = thread::Builder::new().name(format!("record-{name}")).spawn(run).map_err(RecordError::Thread)?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("status", &self.status()).finish_non_exhaustive()
    }
}
