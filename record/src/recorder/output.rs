//! The thread that compresses and writes.

use super::RecordError;
use super::part::Part;
use super::settings::{OutputSettings, Split};
use super::status::Shared;
use crate::file::{Chunk, Compression, Stamp};
use crate::recording::LOSSES;
use crate::ros2::Encoding;
use mcap::records::{Channel, SchemaHeader};
use slotcast::dynamic::Sample;
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

/// What is to be written, in this order.
pub(super) enum Work {
    Schema(SchemaHeader, String),
    Channel(Channel),
    Chunk(Chunk),
    /// A large message, where its publisher has written it or copied.
    Large(Stamp, Arc<Encoding>, Sample),
    /// How many messages of each topic were lost so far.
    Losses(BTreeMap<String, u64>),
}

/// What writes the files of a recording, one after the other.
pub(super) struct Output {
    part: Part,
    /// The name that was asked for.
    path: PathBuf,
    settings: OutputSettings,
    /// The number of the present part, from 1; 0 if there is only one.
    number: u64,
    /// Finished parts that are kept, with their sizes.
    finished: VecDeque<(PathBuf, u64)>,
    /// The size of all finished parts, also of those that are not kept.
    written_before: u64,
    losses: BTreeMap<String, u64>,
    shared: Arc<Shared>,
}

impl Output {
    /// Creates the first file.
    pub(super) fn create(path: &Path, settings: OutputSettings, shared: Arc<Shared>) -> Result<Self, RecordError> {
        let number = u64::from(settings.split.is_some());
        let part = Part::create(&part_path(path, number), None)?;
        shared.set_file(part.file()?, &part.active);
        let (finished, losses) = (VecDeque::new(), BTreeMap::new());
        Ok(Self { part, path: path.to_owned(), settings, number, finished, written_before: 0, losses, shared })
    }

    /// Writes what comes until nothing can come any more, and finishes the file. `used` receives
    /// chunks that can be filled again.
    pub(super) fn run(mut self, works: &Receiver<Work>, used: &Sender<Chunk>) {
        while let Ok(work) = works.recv() {
            let (bytes, is_large) = (work.bytes(), work.is_large());
            let result = self.write(work, used);
            self.shared.remove(bytes, is_large);
            self.shared.set_written(self.written_before + self.part.writer.written());
            if let Err(reason) = result {
                return self.shared.fail(self.part.abandon(reason));
            }
            if let Err(error) = self.split() {
                return self.shared.fail(error);
            }
        }
        self.finished.push_back((self.part.path.clone(), 0));
        if let Err(error) = self.part.finish() {
            self.shared.fail(error);
        }
        self.shared.set_files(self.finished.into_iter().map(|(path, _)| path).collect());
    }

    /// Begins another part if this one is large or old enough, and removes the oldest ones if there
    /// are too many.
    fn split(&mut self) -> Result<(), RecordError> {
        let Some(split) = self.settings.split else { return Ok(()) };
        let is_large = split.bytes.is_some_and(|bytes| self.part.writer.written() >= bytes);
        let is_old = split.time.is_some_and(|time| self.part.since.elapsed() >= time);
        if is_large || is_old {
            self.number += 1;
            let next = Part::create(&part_path(&self.path, self.number), Some(&self.part))?;
            self.shared.set_file(next.file()?, &next.active);
            let part = std::mem::replace(&mut self.part, next);
            let (path, bytes) = (part.path.clone(), part.writer.written());
            part.finish()?;
            self.finished.push_back((path, bytes));
            self.written_before += bytes;
            self.write_losses().map_err(|reason| self.failed(reason))?;
        }
        while self.are_too_many(&split) {
            if let Some((path, _)) = self.finished.pop_front() {
                fs::remove_file(&path).map_err(|reason| self.failed(reason))?;
            }
        }
        Ok(())
    }

    fn are_too_many(&self, split: &Split) -> bool {
        let kept: u64 = self.finished.iter().map(|(_, bytes)| bytes).sum();
        let is_over_quota = split.quota.is_some_and(|quota| kept + self.part.writer.written() > quota);
        let is_over_number = split.keep.is_some_and(|keep| self.finished.len() + 1 > keep.max(1));
        !self.finished.is_empty() && (is_over_quota || is_over_number)
    }

    fn failed(&self, reason: io::Error) -> RecordError {
        RecordError::Write { file: self.part.active.clone(), bytes: self.part.writer.written(), reason }
    }

    fn write_losses(&mut self) -> io::Result<()> {
        if self.losses.is_empty() {
            return Ok(());
        }
        let losses = self.losses.iter().map(|(topic, lost)| (topic.clone(), lost.to_string()));
        self.part.writer.metadata(LOSSES, losses.collect())
    }

    fn write(&mut self, work: Work, used: &Sender<Chunk>) -> io::Result<()> {
        match work {
            Work::Schema(header, text) => self.part.writer.schema(&header, text.as_bytes()),
            Work::Channel(channel) => self.part.writer.channel(&channel),
            Work::Losses(losses) => {
                self.losses = losses;
                self.write_losses()?;
            }
            Work::Chunk(mut chunk) => {
                self.part.writer.chunk(&chunk, self.settings.compression)?;
                chunk.clear();
                let _ = used.send(chunk); // the recorder may have ended
            }
            Work::Large(stamp, encoding, sample) => {
                let (first, second) = encoding.stored(sample.bytes()).map_err(io::Error::other)?;
                if !self.settings.compress_large || self.settings.compression == Compression::None {
                    return self.part.writer.large(stamp, [&first, second]);
                }
                let mut chunk = Chunk::default();
                chunk.push(stamp, [&first, second]);
                self.part.writer.chunk(&chunk, self.settings.compression)?;
            }
        }
        Ok(())
    }
}

impl Work {
    /// Returns whether it is a large message.
    pub(super) fn is_large(&self) -> bool {
        matches!(self, Self::Large(..))
    }

    /// Returns how many bytes it keeps in memory.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Chunk(chunk) => chunk.len() as u64,
            Self::Large(_, _, sample) => sample.bytes().len() as u64,
            Self::Schema(..) | Self::Channel(_) | Self::Losses(_) => 0,
        }
    }
}

/// Returns the path of a part: `run-0001.mcap` of `run.mcap`.
fn part_path(path: &Path, number: u64) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number:04}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}
