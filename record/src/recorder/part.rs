//! A file that is written: the whole recording, or a part of it.

use super::RecordError;
use crate::file::Writer;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A file that is written. Its name ends with `.active` until it is finished.
pub(crate) struct Part {
    pub(crate) writer: Writer<File>,
    pub(crate) path: PathBuf,
    pub(super) active: PathBuf,
    pub(super) since: Instant,
}

impl Part {
    /// Creates a file, with the definitions of an earlier part.
    pub(crate) fn create(path: &Path, earlier: Option<&Self>) -> Result<Self, RecordError> {
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
        let mut writer = begun.map_err(|reason| RecordError::Create { file: active.clone(), reason })?;
        if let Some(earlier) = earlier {
            writer.define_as(&earlier.writer);
        }
        Ok(Self { writer, path: path.to_owned(), active, since: Instant::now() })
    }

    /// Returns a second descriptor of the file.
    pub(super) fn file(&self) -> Result<File, RecordError> {
        let file = self.writer.get_ref().try_clone();
        file.map_err(|reason| RecordError::Create { file: self.active.clone(), reason })
    }

    /// Ends the file in order.
    pub(crate) fn finish(self) -> Result<(), RecordError> {
        let Self { writer, path, active, .. } = self;
        let bytes = writer.written();
        let finished = writer.finish().and_then(|file| file.sync_data());
        let renamed = finished.and_then(|()| rename(&active, &path));
        renamed.map_err(|reason| RecordError::Write { file: active, bytes, reason })
    }

    /// Keeps what was written. If there is enough space for it, the file becomes a finished one.
    pub(crate) fn abandon(self, reason: io::Error) -> RecordError {
        let Self { writer, path, active, .. } = self;
        let bytes = writer.written();
        let cut = |file: &File| file.set_len(bytes).and_then(|()| (&mut &*file).seek(SeekFrom::End(0)));
        let finished = writer.get_ref().try_clone().and_then(|file| {
            cut(&file)?;
            let finished = writer.finish().and_then(|file| file.sync_data());
            finished.or_else(|error| cut(&file).and(Err(error)))?;
            rename(&active, &path)
        });
        RecordError::Write { file: if finished.is_ok() { path } else { active }, bytes, reason }
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
