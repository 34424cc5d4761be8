//! The thread that compresses and writes.

use super::RecordError;
use super::settings::OutputSettings;
use super::status::Shared;
use crate::file::{Chunk, Compression, Stamp, Writer};
use crate::recording::LOSSES;
use crate::ros2::Encoding;
use mcap::records::{Channel, SchemaHeader};
use slotcast::dynamic::Sample;
use std::collections::BTreeMap;
use std::fs::{self, File};
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

/// A file that is written.
pub(super) struct Output {
    writer: Writer<File>,
    path: PathBuf,
    active: PathBuf,
    settings: OutputSettings,
    shared: Arc<Shared>,
}

impl Output {
    /// Creates a file, whose name ends with `.active` until it is finished.
    pub(super) fn create(path: &Path, settings: OutputSettings, shared: Arc<Shared>) -> Result<Self, RecordError> {
        let active = active(path);
        if path.exists() {
            return Err(RecordError::Exists { file: path.to_owned() });
        }
        let file = File::options().read(true).write(true).create_new(true).open(&active);
        let file = file.map_err(|reason| match reason.kind() {
            io::ErrorKind::AlreadyExists => RecordError::Active { file: active.clone() },
            _ => RecordError::Create { file: active.clone(), reason },
        })?;
        let begun = Writer::new(file, "ros2").and_then(|writer| sync_folder(path).map(|()| writer));
        let writer = begun.map_err(|reason| RecordError::Create { file: active.clone(), reason })?;
        Ok(Self { writer, path: path.to_owned(), active, settings, shared })
    }

    /// Returns a second descriptor of the file.
    pub(super) fn file(&self) -> Result<File, RecordError> {
        let file = self.writer.get_ref().try_clone();
        file.map_err(|reason| RecordError::Create { file: self.active.clone(), reason })
    }

    pub(super) fn active(&self) -> &Path {
        &self.active
    }

    /// Writes what comes until nothing can come any more, and finishes the file. `used` receives
    /// chunks that can be filled again.
    pub(super) fn run(mut self, works: &Receiver<Work>, used: &Sender<Chunk>) {
        while let Ok(work) = works.recv() {
            let (bytes, is_large) = (work.bytes(), work.is_large());
            let result = self.write(work, used);
            self.shared.remove(bytes, is_large);
            self.shared.set_written(self.writer.written());
            if let Err(reason) = result {
                return self.abandon(reason);
            }
        }
        self.finish();
    }

    fn write(&mut self, work: Work, used: &Sender<Chunk>) -> io::Result<()> {
        match work {
            Work::Schema(header, text) => self.writer.schema(&header, text.as_bytes()),
            Work::Channel(channel) => self.writer.channel(&channel),
            Work::Losses(losses) => {
                let losses = losses.into_iter().map(|(topic, lost)| (topic, lost.to_string()));
                self.writer.metadata(LOSSES, losses.collect())?;
            }
            Work::Chunk(mut chunk) => {
                self.writer.chunk(&chunk, self.settings.compression)?;
                chunk.clear();
                let _ = used.send(chunk); // the recorder may have ended
            }
            Work::Large(stamp, encoding, sample) => {
                let (first, second) = encoding.stored(sample.bytes()).map_err(io::Error::other)?;
                if !self.settings.compress_large || self.settings.compression == Compression::None {
                    return self.writer.large(stamp, [&first, second]);
                }
                let mut chunk = Chunk::default();
                chunk.push(stamp, [&first, second]);
                self.writer.chunk(&chunk, self.settings.compression)?;
            }
        }
        Ok(())
    }

    /// Ends the file in order.
    fn finish(self) {
        let Self { writer, path, active, shared, .. } = self;
        let written = writer.written();
        let finished = writer.finish().and_then(|file| file.sync_data());
        let renamed = finished.and_then(|()| rename(&active, &path));
        if let Err(reason) = renamed {
            shared.fail(RecordError::Write { file: active, bytes: written, reason });
        }
    }

    /// Keeps what was written. If there is enough space for it, the file becomes a finished one.
    fn abandon(self, reason: io::Error) {
        let Self { writer, path, active, shared, .. } = self;
        let bytes = writer.written();
        let whole = |file: &File| file.set_len(bytes).and_then(|()| io::Seek::seek(&mut &*file, io::SeekFrom::End(0)));
        let file = writer.get_ref().try_clone();
        let finished = file.and_then(|file| {
            whole(&file)?;
            let finished = writer.finish().and_then(|file| file.sync_data());
            finished.or_else(|error| whole(&file).and(Err(error)))?;
            rename(&active, &path)
        });
        let file = if finished.is_ok() { path } else { active };
        shared.fail(RecordError::Write { file, bytes, reason });
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

/// Returns the name of a file that is not finished.
fn active(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".active");
    name.into()
}

/// Gives a finished file its name, unless there is another one by now.
fn rename(active: &Path, path: &Path) -> io::Result<()> {
    if path.try_exists()? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(active, path)?;
    sync_folder(path)
}

/// Brings the names in the folder of a file to the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
