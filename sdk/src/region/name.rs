//! Names of regions and of the structures in them.

use super::error::RegionError;

/// The largest name of a structure, in bytes: the format has 32, of which the last is NUL.
pub const MAX_STRUCTURE_NAME: usize = 31;

/// The largest name of a region, in bytes: that of a file.
pub const MAX_REGION_NAME: usize = 255;

/// The structure in which regions of this crate record what the format has no place for.
pub(super) const RECORDS: &str = "__slotcast";

/// Returns the file's name: the region's without the leading slash that POSIX names have.
pub(super) fn check_region(name: &str) -> Result<&str, RegionError> {
    let refuse = |problem: String| Err(RegionError::RegionName { name: shown(name), problem: problem.into() });
    let file = name.strip_prefix('/').unwrap_or(name);
    match file {
        "" => refuse("is empty".into()),
        "." | ".." => refuse("is a directory".into()),
        _ if file.len() > MAX_REGION_NAME => {
            refuse(format!("has {} bytes, and may have at most {MAX_REGION_NAME}", file.len()))
        }
        _ if file.contains('/') => refuse("contains a slash after its first character".into()),
        _ if file.contains('\0') => refuse("contains a NUL character".into()),
        _ => Ok(file),
    }
}

/// Checks the name of a structure, to which parts of the structure append up to `suffix` bytes.
pub(super) fn check_structure(region: &str, name: &str, suffix: usize) -> Result<(), RegionError> {
    let most = MAX_STRUCTURE_NAME - suffix;
    let refuse = |problem: String| {
        Err(RegionError::StructureName { region: region.into(), name: shown(name), problem: problem.into() })
    };
    match name {
        "" => refuse("is empty".into()),
        _ if name.len() > most && suffix == 0 => {
            refuse(format!("has {} bytes, and may have at most {most}", name.len()))
        }
        _ if name.len() > most => refuse(format!(
            "has {} bytes, and may have at most {most}: parts of this structure append {suffix}",
            name.len()
        )),
        _ if name.contains('\0') => refuse("contains a NUL character".into()),
        _ if name == RECORDS => refuse("is reserved for what this crate records".into()),
        _ => Ok(()),
    }
}

/// Returns a name for an error text: shortened, and on one line.
fn shown(name: &str) -> Box<str> {
    crate::schema::shortened(name).escape_debug().to_string().into()
}
