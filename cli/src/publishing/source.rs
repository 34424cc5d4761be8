//! Where values come from.

use crate::values::read::{self, Documents};
use anyhow::{Context as _, Result, anyhow};
use slotcast::dynamic::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// How many values are read ahead.
const AHEAD: usize = 64;

/// What to publish.
pub(crate) enum Source {
    /// One value, again and again.
    Value(String),
    /// What a file contains.
    File(PathBuf),
    /// What is read.
    Stdin,
}

/// Values, one after another.
pub(super) enum Values {
    Fixed(Value),
    /// Read by a thread, because reading can take any time and signals have to be noticed.
    Read(Receiver<Result<Value>>),
}

/// What there is to publish.
pub(super) enum Given {
    Value(Value),
    NothingYet,
    End,
}

impl Values {
    /// # Errors
    /// When the value is neither YAML nor JSON, or the file cannot be opened.
    pub(super) fn open(source: Source) -> Result<Self> {
        match source {
            Source::Value(text) => match Documents::new(text.as_bytes(), "the value".to_owned()).collect::<Vec<_>>() {
                values if values.len() == 1 => values.into_iter().next().expect("it has one").map(Self::Fixed),
                values if values.is_empty() => Err(anyhow!("the value is empty")),
                _ => read::one(&text).map(Self::Fixed),
            },
            Source::File(path) => {
                let name = path.display().to_string();
                let file = File::open(path).with_context(|| format!("cannot open {name}"))?;
                Ok(Self::read(move || BufReader::new(file), name))
            }
            Source::Stdin => Ok(Self::read(|| io::stdin().lock(), "stdin".to_owned())),
        }
    }

    fn read<R: BufRead>(open: impl FnOnce() -> R + Send + 'static, name: String) -> Self {
        let (to, from) = sync_channel(AHEAD);
        thread::spawn(move || send(Documents::new(open(), name), &to));
        Self::Read(from)
    }

    /// Returns the value that is published again and again.
    pub(super) fn fixed(&self) -> Option<&Value> {
        match self {
            Self::Fixed(value) => Some(value),
            Self::Read(_) => None,
        }
    }

    /// Returns the next value. Waits for it up to `time`.
    ///
    /// # Errors
    /// When it cannot be read; the error says where.
    pub(super) fn next(&mut self, time: Duration) -> Result<Given> {
        match self {
            Self::Fixed(value) => Ok(Given::Value(value.clone())),
            Self::Read(values) => match values.recv_timeout(time) {
                Ok(value) => value.map(Given::Value),
                Err(RecvTimeoutError::Timeout) => Ok(Given::NothingYet),
                Err(RecvTimeoutError::Disconnected) => Ok(Given::End),
            },
        }
    }
}

/// Sends values until there are no more, one is wrong, or nobody wants them.
fn send<R: BufRead>(values: Documents<R>, to: &SyncSender<Result<Value>>) {
    for value in values {
        let is_wrong = value.is_err();
        if to.send(value).is_err() || is_wrong {
            break;
        }
    }
}
