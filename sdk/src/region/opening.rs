//! Finding the files of regions, and what is recorded about structures.

use super::error::RegionError;
use super::format;
use super::inner::{Inner, io_error};
use super::kind::StructureKind;
use super::record::{Record, Schemas, hash_of};
use crate::sys::error::is_refusal;
use crate::sys::file;
use crate::sys::fork::OwnFile;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Where POSIX shared memory is on Linux.
const PLACE: &str = "/dev/shm";

pub(super) fn directory(name: &str) -> Result<OwnedFd, RegionError> {
    file::open_directory(Path::new(PLACE)).map_err(io_error(name, "find the directory of"))
}

/// Opens the file of a region: for reading and writing, or for reading if only that is wanted.
/// Returns `None` if there is none.
pub(super) fn open_file(name: &str, is_writable: bool) -> Result<Option<OwnFile>, RegionError> {
    let directory = directory(name)?;
    if !is_writable {
        return OwnFile::open_if(|| file::open(&directory, name)).map_err(io_error(name, "open"));
    }
    match OwnFile::open_if(|| file::open_writable(&directory, name)) {
        Err(error) if is_refusal(&error) => {
            // Version 1 is only read.
            let file = OwnFile::open_if(|| file::open(&directory, name)).ok().flatten();
            let start = file.as_ref().and_then(|file| file::read_up_to(file.file(), 8).ok());
            match start {
                Some(start) if start.get(4..8) == Some(&1_u32.to_le_bytes()) => Ok(file),
                _ => Err(io_error(name, "open")(error)),
            }
        }
        other => other.map_err(io_error(name, "open")),
    }
}

/// Returns whether there is a file of this name that starts as a region does. Returns an error if
/// it starts otherwise.
pub(super) fn looks_like_a_region(name: &str) -> Result<bool, RegionError> {
    let directory = directory(name)?;
    let Some(status) = file::status_at(&directory, name).map_err(io_error(name, "inspect"))? else { return Ok(false) };
    let not_one = |problem: &str| RegionError::NotARegion { region: name.into(), problem: problem.into() };
    if !status.is_regular {
        return Err(not_one("it is not a regular file"));
    }
    let Some(file) = file::open(&directory, name).map_err(io_error(name, "open"))? else { return Ok(false) };
    let start = file::read_up_to(&file, 4).map_err(io_error(name, "read"))?;
    if start != format::MAGIC.to_le_bytes() {
        return Err(not_one("it does not start as a region does"));
    }
    Ok(true)
}

/// Compares what is recorded about a structure with what this program expects.
pub(super) fn check_record(
    inner: &Inner,
    name: &str,
    kind: StructureKind,
    schemas: Schemas<'_>,
    record: &Record,
) -> Result<(), RegionError> {
    let found = record.describe();
    let (region, structure) = (inner.name.clone(), name.into());
    let Some(found_kind) = found.kind else {
        return Err(inner.corrupt(format!("the record of `{name}` has an unknown kind")));
    };
    if found_kind != kind {
        let (found, expected) = (found_kind.with_article(), kind.with_article());
        return Err(RegionError::Kind { region, structure, found, expected });
    }
    if found.hash == hash_of(schemas) {
        return Ok(());
    }
    for (mine, theirs) in schemas.iter().zip(&found.schemas) {
        if let Some(difference) = theirs.first_difference(mine) {
            let difference = difference.between("the region has", "this program expects").to_string();
            return Err(RegionError::Type { region, structure, difference: difference.into() });
        }
    }
    Err(inner.corrupt(format!("the record of `{name}` has another hash than its schemas")))
}
